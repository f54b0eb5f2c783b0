// The last run of each scheduled job, with the build that ran it: the function without an address is seen here.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table maintenance_runs (
      job         text primary key,
      commit      text not null,
      began_at    timestamptz not null,
      finished_at timestamptz not null,
      outcome     text not null,
      counts      jsonb not null,

      constraint maintenance_runs_job check (job in ('sweep', 'reconcile', 'verify')),
      constraint maintenance_runs_outcome check (outcome in ('done', 'failed')),
      constraint maintenance_runs_order check (finished_at >= began_at)
    );
  `.execute(db);
}
