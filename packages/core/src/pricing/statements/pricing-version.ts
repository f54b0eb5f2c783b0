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
  /** The revision that the items were read at; null when they were given in full. */
  ifRevision: string | null;
};

/** Weights are those of the active version. No row: the revision had moved on. A version that exists is 23505 on its primary key. */
export const createVersion = prepared<CreateVersionInput, { version: string }>(
  "create_pricing_version",
  (p) => sql`
with g as (select revision from runtime_settings for update),
  v as (insert into pricing_versions (version, label, effective_date, weight_fresh, weight_cached, weight_output, oe_per_credit)
        select ${p.version}::text, ${p.label}::text, ${p.effectiveDate}::date, o.weight_fresh, o.weight_cached, o.weight_output, o.oe_per_credit
          from pricing_versions o, g where o.is_active and (${p.ifRevision}::bigint is null or g.revision = ${p.ifRevision}::bigint)
        returning version),
  m as (insert into model_pricing (pricing_version, model_alias, multiplier)
        select v.version, i.model_alias, i.multiplier from v, jsonb_to_recordset(${p.items}::jsonb) as i (model_alias text, multiplier numeric)),
  ${audited(p, {
    action: "pricing.create_version",
    target: sql`v.version`,
    before: sql`null::jsonb`,
    after: sql`jsonb_build_object('label', ${p.label}::text, 'effective_date', ${p.effectiveDate}::text, 'items', ${p.items}::jsonb)`,
    source: sql`v`,
  })}
select version from v`,
);

/**
 * Moves the mark of the active version in one UPDATE; one that is active already stays so and is audited. `ifRevision` is the revision
 * that the caller just read: found unchanged under the lock, it proves that this statement's snapshot of the versions is current.
 * No row: it had moved on, or there is no such version.
 */
export const activateVersion = prepared<AdminWrite & { version: string; ifRevision: string }, { version: string }>(
  "activate_pricing_version",
  (p) => sql`
with g as (select revision from runtime_settings for update),
  o as (select (select version from pricing_versions where is_active) as active, n.version
          from pricing_versions n, g where n.version = ${p.version}::text and g.revision = ${p.ifRevision}::bigint),
  u as (update pricing_versions x set is_active = (x.version = o.version) from o where x.is_active or x.version = o.version),
  ${audited(p, {
    action: "pricing.activate",
    target: sql`o.version`,
    before: sql`jsonb_build_object('active', o.active)`,
    after: sql`jsonb_build_object('active', o.version)`,
    source: sql`o`,
  })}
select version from o`,
);
