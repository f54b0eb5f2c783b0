// The admin's override of enforcement: on, off, or none (the stage's default). The trigger raises the revision when it changes.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

export const setEnforcement = prepared<AdminWrite & { enabled: boolean | null }, { override: boolean | null }>(
  "set_enforcement",
  (slot) => sql`
with
  -- The settings, as they are once their row is locked.
  settings as (
    select enforcement_override from runtime_settings for update
  ),
  -- What they say from now on.
  changed as (
    update runtime_settings
       set enforcement_override = ${slot.enabled}::boolean
      from settings
    returning settings.enforcement_override as before, runtime_settings.enforcement_override as after
  ),
  ${audited(slot, {
    action: "settings.enforcement",
    target: sql`'enforcement'`,
    before: sql`jsonb_build_object('override', changed.before)`,
    after: sql`jsonb_build_object('override', changed.after)`,
    source: sql`changed`,
  })}
select after as override from changed`,
);
