// The table of what sessions remember in short, as Kysely sees it (schema.ts says how).

import type { ColumnType } from "kysely";

export interface SummaryTables {
  session_summaries: SessionSummariesTable;
}

interface SessionSummariesTable {
  session_id: string;
  text: string;
  text_bound: string;
  through_place: number;
  seen_index: number;
  turn_id: string;
  model_alias: string;
  made_at: ColumnType<Date, Date | undefined, Date>;
}
