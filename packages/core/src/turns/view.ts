// TurnRead: a turn as its owner sees it (contract section 3). A completed one is stored as it was answered, so the answer, its
// replay and every list are the same text; one that is running or failed is drawn from its columns.

import type * as v from "valibot";
import { invariant } from "@pantheon/contract/error.ts";
import type { SettledMember } from "@pantheon/contract/turns.ts";
import type { TurnRead } from "@pantheon/contract/turn-read.ts";
import type { TurnState } from "@pantheon/contract/vocabulary.ts";
import { burnedOf } from "../pricing/charge.ts";
import { format, sum } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { Conversation } from "./talk.ts";
import type { TurnRequest } from "./request.ts";
import { spentOf } from "./tool-record.ts";

/**
 * The body of a completed turn, up to what only the locked wallet knows: the settle statement adds `balance_after`, `low_balance`
 * and `completed_at` and closes the object.
 */
export function completedTurnBody(request: TurnRequest, conversation: Conversation): string {
  const { turn, tools, text, finishReason, memory } = conversation;
  const calls = shownCalls(conversation);
  const tokens = (name: TokenClass): number => calls.reduce((total, { usage }) => total + usage[name], 0);
  const body: Omit<v.InferInput<typeof TurnRead>, SettledMember> = {
    id: turn.id,
    session_id: request.session,
    turn_index: turn.index || null,
    user_input: request.message,
    assistant_output: kept(request, text),
    status: "completed",
    model_alias_used: turn.alias,
    routed_from: turn.routed?.from ?? null,
    routing_used_fallback: turn.routed?.usedFallback ?? false,
    provider_model: answeringModel(conversation),
    usage: {
      input_tokens_fresh: tokens("fresh"),
      input_tokens_cached: tokens("cached"),
      output_tokens: tokens("output"),
      reasoning_tokens: tokens("reasoning"),
      total_tokens: tokens("total"),
      estimated: calls.some(({ usage }) => usage.source === "estimated"),
    },
    oe_tokens: format(sum(calls.map(({ charge }) => charge.oe))),
    multiplier: format(turn.multiplier),
    pricing_version: turn.catalog.version,
    credits_burned: format(sum([...calls.map(({ charge }) => charge.burned), ...tools.map(({ charged }) => burnedOf(charged))])),
    credits_charged: format(spentOf(calls, tools)),
    prune_triggered: turn.pruned,
    summary_triggered: memory.summary !== null || memory.usedFallback,
    summary_used_fallback: memory.usedFallback,
    tool_calls: tools.map(({ name, status, latencyMs, charged }) => ({
      tool_name: name,
      status,
      latency_ms: latencyMs,
      credits_charged: format(charged),
    })),
    max_output_tokens: turn.maxOutputTokens,
    finish_reason: finishReason,
    replaces: request.replaces,
    created_at: rfc3339(turn.createdAt),
  };
  const requested = request.session === null && request.key !== null ? { requested_calls: requestedCalls(conversation) } : {};
  return `${JSON.stringify({ ...body, ...requested }).slice(0, -1)},`;
}

/** What is kept of an answer: of a call nothing, unless its key may ask for it again. */
export function kept({ session, key }: Pick<TurnRequest, "session" | "key">, text: string): string {
  return session === null && key === null ? "" : text;
}

/** A tool call that a model asked of whoever made the call. */
export type RequestedCall = { readonly id: string; readonly name: string; readonly arguments: string };

/** The body of a completed call that was made under a key, as it is stored: its replay tells the tool calls again. */
export type KeptCall = v.InferInput<typeof TurnRead> & { readonly requested_calls?: readonly RequestedCall[] };

function requestedCalls(conversation: Conversation): RequestedCall[] {
  return shownCalls(conversation).flatMap(({ answer }) =>
    answer.toolCalls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given })),
  );
}

type TokenClass = "fresh" | "cached" | "output" | "reasoning" | "total";

/** Our own calls (routing, summaries) are recorded and never shown or charged. */
export function shownCalls({ calls }: Conversation): Conversation["calls"] {
  return calls.filter(({ status }) => status !== "internal");
}

/** The model that gave the turn its text: that of the last call which the user is shown. */
export function answeringModel(conversation: Conversation): string {
  const last = shownCalls(conversation).at(-1);
  invariant(last, "a conversation has a call that answered");
  return last.answer.providerModel;
}

export type UnsettledTurn = {
  id: string;
  session_id: string | null;
  turn_index: number | null;
  user_input: string;
  status: TurnState;
  model_alias: string;
  pricing_version: string | null;
  prune_triggered: boolean;
  max_output_tokens: number;
  replaces: string | null;
  created_at: Date;
};

/** A running or failed turn: it has used nothing and cost nothing. */
export function unsettledTurnView(turn: UnsettledTurn): v.InferInput<typeof TurnRead> {
  return {
    id: turn.id,
    session_id: turn.session_id,
    turn_index: turn.turn_index,
    user_input: turn.user_input,
    assistant_output: null,
    status: turn.status,
    model_alias_used: turn.model_alias,
    routed_from: null,
    routing_used_fallback: false,
    provider_model: null,
    usage: null,
    oe_tokens: null,
    multiplier: null,
    pricing_version: turn.pricing_version,
    credits_burned: null,
    credits_charged: null,
    prune_triggered: turn.prune_triggered,
    summary_triggered: false,
    summary_used_fallback: false,
    tool_calls: [],
    max_output_tokens: turn.max_output_tokens,
    finish_reason: null,
    replaces: turn.replaces,
    created_at: rfc3339(turn.created_at),
    balance_after: null,
    low_balance: null,
    completed_at: null,
  };
}
