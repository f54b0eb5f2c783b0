// The table of the uses of tools, as Kysely sees it (schema.ts says how).

import type { ColumnType } from "kysely";
import type { ToolState } from "@pantheon/contract/vocabulary.ts";

export interface ToolTables {
  tool_call_events: ToolCallEventsTable;
}

/** Written once: the types refuse the UPDATE that the trigger would. */
type Once<T> = ColumnType<T, T, never>;
type OnceGenerated<T> = ColumnType<T, T | undefined, never>;

interface ToolCallEventsTable {
  id: OnceGenerated<string>;
  user_id: Once<string>;
  session_id: ColumnType<string | null, string | null | undefined, never>;
  turn_id: Once<string>;
  attempt: Once<number>;
  call_index: Once<number>;
  tool_name: Once<string>;
  status: Once<ToolState>;
  latency_ms: Once<number>;
  arguments_octets: OnceGenerated<number>;
  result_octets: OnceGenerated<number>;
  credits_charged: OnceGenerated<string>;
  credits_absorbed: OnceGenerated<string>;
  usd_per_credit: OnceGenerated<string>;
  created_at: OnceGenerated<Date>;
}
