// New pricing versions, and the switch to one. Neither touches what was charged before.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

export type CreateVersionInput = AdminWrite & {
  version: string;
  label: string;
  effectiveDate: string;
  /** JSON array of {model_alias, multiplier}. */
  items: string;
  /** JSON of what a use of each tool costs, in credits as decimal texts; null leaves it as it is. */
  toolCredits: string | null;
  /** The revision that the items were read at; null when they were given in full. */
  ifRevision: string | null;
};

/** Weights are those of the active version, and so is what tools cost, unless it was given. No row: the revision had moved on. A version that exists is 23505 on its primary key. */
export const createVersion = prepared<CreateVersionInput, { version: string }>(
  "create_pricing_version",
  (slot) => sql`
with
  -- The first lock: nothing of a price moves while this runs.
  settings as (
    select revision from runtime_settings for update
  ),
  -- The version, with the weights of the active one, and its tools' prices unless others were given, if the
  -- revision is still the one that was read.
  made as (
    insert into pricing_versions (version, label, effective_date, weight_fresh, weight_cached, weight_output,
                                  oe_per_credit, tool_credits)
    select ${slot.version}::text, ${slot.label}::text, ${slot.effectiveDate}::date, active.weight_fresh,
           active.weight_cached, active.weight_output, active.oe_per_credit,
           coalesce(${slot.toolCredits}::jsonb, active.tool_credits)
      from pricing_versions active, settings
     where active.is_active
       and (${slot.ifRevision}::bigint is null or settings.revision = ${slot.ifRevision}::bigint)
    returning version
  ),
  -- Its prices.
  prices as (
    insert into model_pricing (pricing_version, model_alias, multiplier)
    select made.version, item.model_alias, item.multiplier
      from made,
           jsonb_to_recordset(${slot.items}::jsonb) as item (model_alias text, multiplier numeric)
  ),
  ${audited(slot, {
    action: "pricing.create_version",
    target: sql`made.version`,
    before: sql`null::jsonb`,
    after: sql`jsonb_build_object(
      'label', ${slot.label}::text,
      'effective_date', ${slot.effectiveDate}::text,
      'items', ${slot.items}::jsonb,
      'tool_credits', ${slot.toolCredits}::jsonb)`,
    source: sql`made`,
  })}
select version from made`,
);

/**
 * Moves the mark of the active version in one UPDATE; one that is active already stays so and is audited. `ifRevision` is the revision
 * that the caller just read: found unchanged under the lock, it proves that this statement's snapshot of the versions is current.
 * No row: it had moved on, there is no such version, or its effective date lies after `today` (UTC).
 */
export const activateVersion = prepared<AdminWrite & { version: string; ifRevision: string; today: string }, { version: string }>(
  "activate_pricing_version",
  (slot) => sql`
with
  -- The first lock: an unchanged revision under it says that the snapshot's versions are those of now.
  settings as (
    select revision from runtime_settings for update
  ),
  -- Of the snapshot: the version that is active, and the one that will be, whose date must have come.
  wanted as (
    select (select version from pricing_versions where is_active) as active,
           next.version
      from pricing_versions next, settings
     where next.version = ${slot.version}::text
       and next.effective_date <= ${slot.today}::date
       and settings.revision = ${slot.ifRevision}::bigint
  ),
  -- The mark leaves the one and comes to the other in one update, so there is never none and never two.
  marked as (
    update pricing_versions
       set is_active = (pricing_versions.version = wanted.version)
      from wanted
     where pricing_versions.is_active
        or pricing_versions.version = wanted.version
  ),
  ${audited(slot, {
    action: "pricing.activate",
    target: sql`wanted.version`,
    before: sql`jsonb_build_object('active', wanted.active)`,
    after: sql`jsonb_build_object('active', wanted.version)`,
    source: sql`wanted`,
  })}
select version from wanted`,
);
