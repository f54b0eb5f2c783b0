// The operator's override of enforcement: on, off, or none (the stage's default). The trigger raises the revision when it changes.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

export const setEnforcement = prepared<AdminWrite & { enabled: boolean | null }, { override: boolean | null }>(
  "set_enforcement",
  (p) => sql`
with g as (select enforcement_override from runtime_settings for update),
  s as (update runtime_settings x set enforcement_override = ${p.enabled}::boolean from g
        returning g.enforcement_override as before, x.enforcement_override as after),
  ${audited(p, {
    action: "settings.enforcement",
    target: sql`'enforcement'`,
    before: sql`jsonb_build_object('override', s.before)`,
    after: sql`jsonb_build_object('override', s.after)`,
    source: sql`s`,
  })}
select after as override from s`,
);
