// The last run of each scheduled job: written by the function `maintenance`, which has no address, and shown by health.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import type { JobName, JobOutcome } from "@pantheon/contract/vocabulary.ts";

export type MaintenanceRun = {
  readonly job: JobName;
  readonly commit: string;
  readonly began_at: Date;
  readonly finished_at: Date;
  readonly outcome: JobOutcome;
};

/**
 * Keeps the newest run of a job, whichever of two that overlap is recorded last. `progress` is how far it came, for the next run; without
 * it, what is there stays.
 */
export async function recordMaintenanceRun(
  db: Database,
  run: MaintenanceRun,
  counts: Readonly<Record<string, number>>,
  progress?: object,
): Promise<void> {
  const row = { ...run, counts: JSON.stringify(counts), ...(progress && { progress: JSON.stringify(progress) }) };
  await db.query
    .insertInto("maintenance_runs")
    .values(row)
    .onConflict((conflict) => conflict.column("job").doUpdateSet(row).where("maintenance_runs.finished_at", "<=", run.finished_at))
    .execute();
}

/** How far the last run of this job came, as it said; undefined when it never ran. */
export async function readProgress(db: Database, job: MaintenanceRun["job"]): Promise<unknown> {
  const row = await db.query.selectFrom("maintenance_runs").select("progress").where("job", "=", job).executeTakeFirst();
  return row?.progress;
}

/** One row a job that has ever run, by name. */
export function readMaintenanceRuns(db: Database): Promise<MaintenanceRun[]> {
  return db.query
    .selectFrom("maintenance_runs")
    .select(["job", "commit", "began_at", "finished_at", "outcome"])
    .orderBy(sql`job collate "C"`)
    .execute();
}
