// Pricing versions with their weights, a multiplier per model alias, and the first version (contract, section 2).

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table pricing_versions (
      version        text primary key,
      label          text not null,
      effective_date date not null,
      is_active      boolean not null default false,
      weight_fresh   numeric(10,4) not null default 0.35,
      weight_cached  numeric(10,4) not null default 0.10,
      weight_output  numeric(10,4) not null default 1,
      oe_per_credit  numeric(12,4) not null default 10000,
      created_at     timestamptz not null default now(),

      -- At most one active version. Checked at the end of the statement, so that one UPDATE can move the mark from row to row.
      constraint pricing_versions_one_active exclude using btree (is_active with =) where (is_active) deferrable initially immediate,
      constraint pricing_versions_weights check (
        weight_fresh >= 0 and weight_fresh <> 'NaN' and weight_cached >= 0 and weight_cached <> 'NaN'
        and weight_output >= 0 and weight_output <> 'NaN'
      ),
      constraint pricing_versions_oe_per_credit check (oe_per_credit > 0 and oe_per_credit <> 'NaN')
    );

    create table model_pricing (
      pricing_version text not null references pricing_versions,
      model_alias     text not null,
      multiplier      numeric(10,4) not null,

      primary key (pricing_version, model_alias),
      constraint model_pricing_multiplier check (multiplier > 0 and multiplier <= 100)
    );

    insert into pricing_versions (version, label, effective_date, is_active) values ('2026-02-20', 'Launch prices', '2026-02-20', true);

    insert into model_pricing (pricing_version, model_alias, multiplier) values
      ('2026-02-20', 'deepseek',      0.5),
      ('2026-02-20', 'gemini-flash',  0.8),
      ('2026-02-20', 'gemini-pro',    1.2),
      ('2026-02-20', 'gpt-4o-mini',   1.0),
      ('2026-02-20', 'gpt-4o',        2.0),
      ('2026-02-20', 'claude-haiku',  0.8),
      ('2026-02-20', 'claude-sonnet', 1.5),
      ('2026-02-20', 'default',       1.0);
  `.execute(db);
}
