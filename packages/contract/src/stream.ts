// The events of a turn that is streamed, one JSON object in each `data:` line (contract section 3).

import * as v from "valibot";
import { ERROR_CODES } from "./error.ts";
import { TurnRead } from "./turn-read.ts";
import { TOOL_STATES } from "./vocabulary.ts";
import { Count, Decimal, named, Time } from "./wire.ts";

/** The turn is open: what it holds, and the price that it is charged at. */
export const TurnStarted = v.object({
  type: v.literal("turn_started"),
  turn_id: v.string(),
  turn_index: v.number(),
  model_alias_used: v.string(),
  multiplier: Decimal,
  pricing_version: v.string(),
  hold: Decimal,
  /** What was asked for, or what the wallet affords. */
  max_output_tokens: v.optional(Count),
  prune_triggered: v.boolean(),
  created_at: Time,
});
/** A routing call has chosen who answers, or has failed to: then it is the alias that the turn was asked with. */
export const TurnRouted = v.object({
  type: v.literal("routed"),
  model_alias_used: v.string(),
  multiplier: Decimal,
  routed_from: v.string(),
  routing_used_fallback: v.boolean(),
});
export const Chunk = v.object({ type: v.literal("chunk"), delta: v.string() });
/** A tool is used: twice a use, when it starts and when it is done; then `outcome` says how. */
export const ToolUsed = v.object({
  type: v.literal("tool"),
  call_index: v.number(),
  tool_name: v.string(),
  status: v.picklist(["started", "done"]),
  outcome: v.nullable(v.picklist(TOOL_STATES)),
});
/** What the provider has counted so far, where it says so while it answers. */
export const UsageSoFar = v.object({
  type: v.literal("usage"),
  input_tokens_fresh: v.nullable(v.number()),
  input_tokens_cached: v.number(),
  output_tokens: v.nullable(v.number()),
  reasoning_tokens: v.number(),
});
/** The turn is settled: everything that a TurnRead has. */
export const TurnDone = v.object({ type: v.literal("done"), turn_id: v.string(), ...TurnRead.entries });
/** The turn ended without an answer: nothing was charged. */
export const TurnFailed = v.object({ type: v.literal("error"), code: v.picklist(ERROR_CODES), detail: v.string() });

export const StreamEvent = named(
  "StreamEvent",
  "One event of a streamed turn. The last one is `done` or `error`; kinds that are not known are to be passed over.",
  v.variant("type", [TurnStarted, TurnRouted, Chunk, ToolUsed, UsageSoFar, TurnDone, TurnFailed]),
);
