// The one line that a turn leaves in the log: ids, the way that its answer came, what it used and cost, and how long it took. It has no
// word of anybody's. The same line carries the metrics of turns.

import { DomainError } from "@pantheon/contract/error.ts";
import { format } from "@pantheon/contract/money.ts";
import type { LogFields } from "../log.ts";
import { ModelRefusal } from "../models/gateway.ts";
import type { ConversationEvent } from "./ask.ts";
import type { Conversation } from "./talk.ts";
import type { OpenedTurn } from "./open.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import { spentOf } from "./tool-record.ts";
import { shownCalls } from "./view.ts";

export type TurnLine = {
  saw(event: ConversationEvent): void;
  /** The model has ended; settling begins. */
  answered(conversation: Conversation): void;
  /** Each of these two writes the line. */
  settled(): void;
  failed(error: unknown): void;
};

/**
 * The line of one turn that was asked for at `began`, on the ticks of `TurnDeps`. `first_byte_ms` and `ms` begin with the request,
 * `settle_ms` with the end of the answer: whole milliseconds.
 */
export function turnLine(
  { log, ticks }: Pick<TurnDeps, "log" | "ticks">,
  request: TurnRequest,
  turn: OpenedTurn,
  { began, streamed }: { readonly began: number; readonly streamed: boolean },
): TurnLine {
  let [firstByteMs, answeredAt, answer]: [number | null, number | null, LogFields] = [null, null, {}];
  const since = (from: number): number => Math.round(ticks() - from);
  const write = (outcome: string, more: LogFields = {}): void => {
    const figures = {
      ...(firstByteMs !== null && { first_byte_ms: firstByteMs }),
      ...(answeredAt !== null && { settle_ms: since(answeredAt) }),
    };
    log.count("turn", { ...idsOf(request, turn), streamed, ...answer, ...more, outcome, ms: since(began) }, figures);
  };
  return {
    saw: ({ type }) => {
      if (type === "text") firstByteMs ??= since(began);
    },
    answered: (conversation) => {
      answeredAt = ticks();
      answer = answerOf(conversation);
    },
    settled: () => write("completed"),
    failed: (error) => {
      const attempts = error instanceof ModelRefusal ? { provider_attempts: error.attempts.length } : {};
      write(error instanceof DomainError ? error.code : "internal", attempts);
    },
  };
}

function idsOf({ requestId, caller, session }: TurnRequest, { id, index, attempt, alias }: OpenedTurn): LogFields {
  return {
    request_id: requestId,
    user_id: caller.actor,
    session_id: session,
    turn_id: id,
    turn_index: index,
    attempt,
    model_alias: alias,
  };
}

/** Of several calls the last one that the user is shown says which way the answer came; what was used and charged is of all of them. */
function answerOf(conversation: Conversation): LogFields {
  const calls = shownCalls(conversation);
  const last = calls.at(-1);
  const tokens = (name: "fresh" | "cached" | "output" | "reasoning"): number => calls.reduce((total, { usage }) => total + usage[name], 0);
  return {
    provider: last?.answer.provider,
    provider_model: last?.answer.providerModel,
    provider_request_id: last?.answer.providerRequestId,
    provider_attempts: calls.reduce((total, { answer }) => total + answer.attempts.length + 1, 0),
    input_tokens_fresh: tokens("fresh"),
    input_tokens_cached: tokens("cached"),
    output_tokens: tokens("output"),
    reasoning_tokens: tokens("reasoning"),
    credits_charged: format(spentOf(calls, conversation.tools)),
    tool_calls: conversation.tools.length,
    usage_source: calls.some(({ usage }) => usage.source === "estimated") ? "estimated" : "reported",
    finish_reason: conversation.finishReason,
    ...routingOf(conversation),
    summary_used_fallback: conversation.memory.usedFallback,
    prune_triggered: conversation.turn.pruned,
  };
}

/** Who was to answer, and who did. */
function routingOf({ turn: { alias, routed } }: Conversation): LogFields {
  return routed === null ? {} : { model_alias: alias, routed_from: routed.from, routing_used_fallback: routed.usedFallback };
}
