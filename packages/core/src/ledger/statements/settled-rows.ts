// The rows that a settled turn leaves of its model calls and of its tools, and their columns. A part of settle-turn.ts.

import type { CallState, ToolState, UsageSource } from "@pantheon/contract/vocabulary.ts";
import { sql, type RawBuilder } from "kysely";

/** One model call as `llm_call_events` keeps it; decimals as strings. */
export type UsageEvent = {
  id: string;
  call_index: number;
  provider: string;
  model_alias: string;
  provider_model: string;
  provider_request_id: string | null;
  input_tokens_fresh: number;
  input_tokens_cached: number;
  output_tokens: number;
  reasoning_tokens: number;
  total_tokens: number;
  oe_tokens_computed: string;
  multiplier: string;
  weight_fresh: string;
  weight_cached: string;
  weight_output: string;
  oe_per_credit: string;
  provider_cost_usd: string;
  credits_burned: string;
  credits_charged: string;
  /** What the house took over, above the hold. */
  credits_absorbed: string;
  usd_per_credit: string;
  latency_ms: number;
  status: CallState;
  usage_source: UsageSource;
  pricing_version: string;
  pricing_revision: string;
  /** Credits that were stated instead of tokens: then they are the charge. */
  stated_credits?: string;
};

/** One use of a tool as `tool_call_events` keeps it; decimals as strings. `call_index` is from 0, in the order in which they were asked for. */
export type ToolEvent = {
  id: string;
  call_index: number;
  tool_name: string;
  status: ToolState;
  latency_ms: number;
  arguments_octets: number;
  result_octets: number;
  credits_charged: string;
  /** What the house took over, above the hold. */
  credits_absorbed: string;
  usd_per_credit: string;
};

/** The columns of `llm_call_events` that a model call brings, in the table's types. The rest the statement knows itself. */
const CALL_COLUMNS: Readonly<Record<keyof UsageEvent, string>> = {
  id: "uuid",
  call_index: "int",
  provider: "text",
  model_alias: "text",
  provider_model: "text",
  provider_request_id: "text",
  input_tokens_fresh: "bigint",
  input_tokens_cached: "bigint",
  output_tokens: "bigint",
  reasoning_tokens: "bigint",
  total_tokens: "bigint",
  oe_tokens_computed: "numeric",
  multiplier: "numeric",
  weight_fresh: "numeric",
  weight_cached: "numeric",
  weight_output: "numeric",
  oe_per_credit: "numeric",
  provider_cost_usd: "numeric",
  credits_burned: "numeric",
  credits_charged: "numeric",
  credits_absorbed: "numeric",
  usd_per_credit: "numeric",
  latency_ms: "int",
  status: "text",
  usage_source: "text",
  pricing_version: "text",
  pricing_revision: "bigint",
  stated_credits: "numeric",
};

/** The columns of `tool_call_events` that a use of a tool brings, likewise. */
const TOOL_COLUMNS: Readonly<Record<keyof ToolEvent, string>> = {
  id: "uuid",
  call_index: "int",
  tool_name: "text",
  status: "text",
  latency_ms: "int",
  arguments_octets: "int",
  result_octets: "int",
  credits_charged: "numeric",
  credits_absorbed: "numeric",
  usd_per_credit: "numeric",
};

type Written = (column: string, type: string) => string;

/** The columns of the calls in a list, each as `write` has it. */
export const callColumns = (write: Written): RawBuilder<unknown> => columnsOf(CALL_COLUMNS, write);
/** Those of the tools. */
export const toolColumns = (write: Written): RawBuilder<unknown> => columnsOf(TOOL_COLUMNS, write);

/** The columns in a list, each as `write` has it. */
function columnsOf(columns: Readonly<Record<string, string>>, write: Written): RawBuilder<unknown> {
  return sql.raw(
    Object.entries(columns)
      .map(([column, type]) => write(column, type))
      .join(",\n           "),
  );
}
