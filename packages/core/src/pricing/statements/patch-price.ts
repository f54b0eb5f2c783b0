// Changes the multiplier of one price. The settings row is locked first, so that operators follow one another and a revision that
// somebody relies on cannot move in between. What it was is read under a lock: RETURNING old is the snapshot's after a wait.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

export type PatchPriceInput = AdminWrite & {
  version: string;
  alias: string;
  multiplier: string;
  /** The revision that the operator saw; null when they do not mind. */
  ifRevision: string | null;
};

/** `known`: there is such a price. `changed`: it was set; false when the revision had moved on. The trigger raises the revision. */
export const patchPrice = prepared<PatchPriceInput, { revision: string; known: boolean; changed: boolean }>(
  "patch_price",
  (p) => sql`
with g as (select revision from runtime_settings for update),
  o as (select x.pricing_version, x.model_alias, x.multiplier from model_pricing x, g
         where x.pricing_version = ${p.version}::text and x.model_alias = ${p.alias}::text
           and (${p.ifRevision}::bigint is null or g.revision = ${p.ifRevision}::bigint) for update of x),
  m as (update model_pricing x set multiplier = ${p.multiplier}::numeric from o
         where x.pricing_version = o.pricing_version and x.model_alias = o.model_alias
        returning x.pricing_version, x.model_alias, o.multiplier as before, x.multiplier as after),
  ${audited(p, {
    action: "pricing.patch",
    target: sql`m.pricing_version || '/' || m.model_alias`,
    before: sql`jsonb_build_object('multiplier', trim_scale(m.before)::text)`,
    after: sql`jsonb_build_object('multiplier', trim_scale(m.after)::text)`,
    source: sql`m`,
  })}
select g.revision, exists (select from model_pricing where pricing_version = ${p.version}::text and model_alias = ${p.alias}::text) as known,
       exists (select from m) as changed
  from g`,
);
