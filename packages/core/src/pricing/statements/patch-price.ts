// Changes the multiplier of one price. The settings row is locked first, so that admins follow one another and a revision that
// somebody relies on cannot move in between. What it was is read under a lock: RETURNING old is the snapshot's after a wait.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

export type PatchPriceInput = AdminWrite & {
  version: string;
  alias: string;
  multiplier: string;
  /** The revision that the admin saw; null when they do not mind. */
  ifRevision: string | null;
};

/** `known`: there is such a price. `changed`: it was set; false when the revision had moved on. The trigger raises the revision. */
export const patchPrice = prepared<PatchPriceInput, { revision: string; known: boolean; changed: boolean }>(
  "patch_price",
  (slot) => sql`
with
  -- The first lock: whoever changes a price waits here for whoever changes one now.
  settings as (
    select revision from runtime_settings for update
  ),
  -- The price, as it is once its row is locked.
  former as (
    select known.pricing_version, known.model_alias, known.multiplier
      from model_pricing known, settings
     where known.pricing_version = ${slot.version}::text
       and known.model_alias = ${slot.alias}::text
       and (${slot.ifRevision}::bigint is null or settings.revision = ${slot.ifRevision}::bigint)
       for update of known
  ),
  -- What it is from now on.
  patched as (
    update model_pricing
       set multiplier = ${slot.multiplier}::numeric
      from former
     where model_pricing.pricing_version = former.pricing_version
       and model_pricing.model_alias = former.model_alias
    returning model_pricing.pricing_version, model_pricing.model_alias, former.multiplier as before,
              model_pricing.multiplier as after
  ),
  ${audited(slot, {
    action: "pricing.patch",
    target: sql`patched.pricing_version || '/' || patched.model_alias`,
    before: sql`jsonb_build_object('multiplier', trim_scale(patched.before)::text)`,
    after: sql`jsonb_build_object('multiplier', trim_scale(patched.after)::text)`,
    source: sql`patched`,
  })}
select settings.revision,
       exists (select
                 from model_pricing
                where pricing_version = ${slot.version}::text
                  and model_alias = ${slot.alias}::text) as known,
       exists (select from patched) as changed
  from settings`,
);
