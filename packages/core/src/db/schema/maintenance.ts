// The tables of what is looked after from outside requests, as Kysely sees them (schema.ts says how).

import type { ColumnType } from "kysely";
import type { JobName, JobOutcome } from "@pantheon/contract/vocabulary.ts";

export interface MaintenanceTables {
  lost_answers: LostAnswersTable;
  maintenance_runs: MaintenanceRunsTable;
}

interface LostAnswersTable {
  turn_id: string;
  attempt: number;
  user_id: string;
  model_alias: string;
  provider_cost_usd: string;
  created_at: ColumnType<Date, Date | undefined, Date>;
}

interface MaintenanceRunsTable {
  job: JobName;
  commit: string;
  began_at: Date;
  finished_at: Date;
  outcome: JobOutcome;
  /** jsonb: handed in as JSON text. */
  counts: ColumnType<Readonly<Record<string, number>>, string, string>;
  /** jsonb: handed in as JSON text. What it says is the job's own. */
  progress: ColumnType<unknown, string | undefined, string>;
}
