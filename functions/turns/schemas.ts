// The shapes of sessions, turns and messages on the wire (contract section 3). Requests are strict; answers are for the spec and its tests.

import * as v from "valibot";
import { Id, text } from "@pantheon/contract/wire.ts";
import { Decimal, Time, page } from "@pantheon/contract/wire.ts";

const TOOL_NAMES = ["search", "file_read"] as const;
const MAX_OUTPUT_TOKENS = 8_192;

const Alias = text(1, 64);

export const SessionCreate = v.strictObject({
  title: v.optional(v.nullable(text(1, 200)), null),
  model_alias: v.optional(Alias, "default"),
  system_prompt: v.optional(v.nullable(text(1, 32_000)), null),
  tools: v.optional(
    v.pipe(
      v.array(v.picklist(TOOL_NAMES)),
      v.check((names) => new Set(names).size === names.length, "must name each tool once"),
    ),
    [],
  ),
});

export const SessionPath = v.strictObject({ session_id: Id });

export const TurnCreate = v.strictObject({
  message: text(1, 32_000),
  model_alias_override: v.optional(Alias),
  max_output_tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_OUTPUT_TOKENS))),
});

export const SessionView = v.strictObject({
  id: v.string(),
  title: v.nullable(v.string()),
  model_alias: v.string(),
  system_prompt: v.nullable(v.string()),
  tools: v.array(v.picklist(TOOL_NAMES)),
  started_by_user_id: v.string(),
  created_at: Time,
  deleted_at: v.nullable(Time),
});

const UsageView = v.strictObject({
  input_tokens_fresh: v.number(),
  input_tokens_cached: v.number(),
  output_tokens: v.number(),
  reasoning_tokens: v.number(),
  total_tokens: v.number(),
  estimated: v.boolean(),
});

export const TurnRead = v.strictObject({
  id: v.string(),
  session_id: v.string(),
  turn_index: v.nullable(v.number()),
  user_input: v.string(),
  assistant_output: v.nullable(v.string()),
  status: v.picklist(["running", "completed", "failed"]),
  model_alias_used: v.string(),
  provider_model: v.nullable(v.string()),
  usage: v.nullable(UsageView),
  oe_tokens: v.nullable(Decimal),
  multiplier: v.nullable(Decimal),
  pricing_version: v.nullable(v.string()),
  credits_burned: v.nullable(Decimal),
  credits_charged: v.nullable(Decimal),
  balance_after: v.nullable(Decimal),
  low_balance: v.nullable(v.boolean()),
  prune_triggered: v.boolean(),
  summary_triggered: v.boolean(),
  summary_used_fallback: v.boolean(),
  tool_calls: v.array(v.strictObject({ tool_name: v.string(), status: v.picklist(["success", "error"]), latency_ms: v.number() })),
  created_at: Time,
  completed_at: v.nullable(Time),
});

/** The events of a streamed turn, in this order: started, chunks and usage as they come, then done or an error. */
export const StreamEvent = v.variant("type", [
  v.strictObject({
    type: v.literal("turn_started"),
    turn_id: v.string(),
    turn_index: v.number(),
    model_alias_used: v.string(),
    multiplier: Decimal,
    pricing_version: v.string(),
    hold: Decimal,
    prune_triggered: v.boolean(),
    created_at: Time,
  }),
  v.strictObject({ type: v.literal("chunk"), delta: v.string() }),
  v.strictObject({
    type: v.literal("usage"),
    input_tokens_fresh: v.nullable(v.number()),
    input_tokens_cached: v.number(),
    output_tokens: v.nullable(v.number()),
    reasoning_tokens: v.number(),
  }),
  v.strictObject({ type: v.literal("done"), turn_id: v.string(), ...TurnRead.entries }),
  v.strictObject({ type: v.literal("error"), code: v.string(), detail: v.string() }),
]);

const MessageView = v.strictObject({
  id: v.string(),
  role: v.picklist(["user", "assistant"]),
  content: v.string(),
  turn_id: v.string(),
  created_at: Time,
});

export const SessionList = page("sessions", SessionView);
export const TurnList = page("turns", TurnRead);
export const MessageList = page("messages", MessageView);
