// A turn as its owner reads it (contract section 3).

import * as v from "valibot";
import { TOOL_STATES, TURN_FINISHES, TURN_STATES } from "./vocabulary.ts";
import { Count, Decimal, named, Time } from "./wire.ts";

export const TurnUsage = named(
  "TurnUsage",
  "The tokens of a turn. `estimated`: the provider did not report them, or reported what cannot be.",
  v.object({
    input_tokens_fresh: Count,
    input_tokens_cached: Count,
    output_tokens: Count,
    reasoning_tokens: Count,
    total_tokens: Count,
    estimated: v.boolean(),
  }),
);

export const ToolCall = named(
  "ToolCall",
  "One use of a tool within a turn, in the order in which the model asked. A use that failed was told to the model, and cost nothing.",
  v.object({
    tool_name: v.pipe(v.string(), v.description("`unknown`: the model asked for a tool that there is not.")),
    status: v.picklist(TOOL_STATES),
    latency_ms: v.number(),
    credits_charged: Decimal,
  }),
);

export const TurnRead = named(
  "TurnRead",
  "A turn as its owner sees it. Its figures are null until it is completed. `credits_charged` is what the wallet paid; `credits_burned` is the same for display, at 4 decimals.",
  v.object({
    id: v.string(),
    session_id: v.pipe(v.nullable(v.string()), v.description("Null for a call that belongs to no session.")),
    turn_index: v.pipe(
      v.nullable(Count),
      v.description("From 1, without gaps among completed turns; null on a failed one, and on a call of no session."),
    ),
    user_input: v.string(),
    assistant_output: v.nullable(v.string()),
    status: v.picklist(TURN_STATES),
    model_alias_used: v.string(),
    routed_from: v.pipe(
      v.optional(v.nullable(v.string())),
      v.description("Of a turn of mode `auto`: the session's own alias, in place of which the routing call chose. Null on any other."),
    ),
    routing_used_fallback: v.pipe(
      v.optional(v.boolean()),
      v.description("The routing call failed, or chose what it may not: the session's own alias answered."),
    ),
    provider_model: v.nullable(v.string()),
    usage: v.nullable(TurnUsage),
    oe_tokens: v.nullable(Decimal),
    multiplier: v.nullable(Decimal),
    pricing_version: v.nullable(v.string()),
    credits_burned: v.nullable(Decimal),
    credits_charged: v.nullable(Decimal),
    balance_after: v.nullable(Decimal),
    low_balance: v.nullable(v.boolean()),
    prune_triggered: v.pipe(v.boolean(), v.description("Older turns were left out to fit the model's window.")),
    summary_triggered: v.pipe(v.boolean(), v.description("What no longer fits was to be summarised for this turn and the next ones.")),
    summary_used_fallback: v.pipe(v.boolean(), v.description("There is no such summary: what no longer fits was left out.")),
    tool_calls: v.array(ToolCall),
    max_output_tokens: v.pipe(
      v.optional(Count),
      v.description("The output limit in force: what was asked for, or what the wallet afforded. Not on turns of before this was told."),
    ),
    finish_reason: v.pipe(
      v.optional(v.nullable(v.picklist(TURN_FINISHES))),
      v.description(
        "How the answer ended. `budget`: at what the wallet affords; `cut`: it broke off. Not on turns of before this was told.",
      ),
    ),
    replaces: v.pipe(
      v.optional(v.nullable(v.string())),
      v.description("The turn that this one stands in for. Not on turns of before this was told."),
    ),
    created_at: Time,
    completed_at: v.nullable(Time),
  }),
);
