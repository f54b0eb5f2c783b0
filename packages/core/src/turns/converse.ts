// The conversation of a turn with its model: one call today, as a stream of events that a JSON turn collects. Owns what a refusal for
// context means (less history, and once more), and what becomes of a turn without an answer: it is voided, and what the provider asks of
// us all the same is counted.

import { DomainError, invariant } from "@pantheon/contract/error.ts";
import type { TurnFinish } from "@pantheon/contract/vocabulary.ts";
import type { ToolEvent } from "../ledger/statements/settle-turn.ts";
import { SUMMARY_QUESTION } from "../ledger/statements/history.ts";
import { collecting, type ModelAnswer } from "../models/collect.ts";
import { ModelRefusal } from "../models/gateway.ts";
import type { Model } from "../models/model.ts";
import type { UsageReport } from "../models/report.ts";
import type { Message, ModelRequest, ToolCall } from "../models/request.ts";
import { amount, sum } from "@pantheon/contract/money.ts";
import { attemptCost, callRecord, providerCost, usageOf, type CallRecord } from "./call-record.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import type { OpenedTurn } from "./open.ts";
import { NO_MEMORY, type Memory, type Terms } from "./memory.ts";
import { newestOf, sizeOf, sizeOfSummary, type Past } from "./past.ts";
import { budgetOf } from "./budget.ts";
import { recordLostAnswer, voidFailed } from "./void.ts";

/** All that settling needs: the turn as it was asked (with the history that the provider took), its calls in order, and its text. */
export type Conversation = {
  readonly turn: OpenedTurn;
  readonly calls: readonly CallRecord[];
  readonly tools: readonly ToolEvent[];
  readonly text: string;
  readonly memory: Memory;
  readonly finishReason: TurnFinish;
};

/** What a reader may see while the model answers. */
export type ConversationEvent =
  | { readonly type: "text"; readonly text: string }
  /** Of a call, whose maker runs the tools. */
  | { readonly type: "tool_call"; readonly call: ToolCall }
  /** What the provider has reported so far; nothing is billed by it. */
  | { readonly type: "usage"; readonly report: UsageReport };

/** How much of a history that the provider refuses is sent next: a half, a quarter, nothing. */
const SHARES = [0.5, 0.25, 0];

/**
 * Asks within the model's time, once what does not fit has been summarised, and with less history each time that the provider finds the context too long. Without an answer the turn is
 * voided before the refusal goes on: `provider_failed`, `provider_timeout`, or `context_budget_exceeded` when even the message alone is
 * too long for the provider.
 */
export async function* converse(
  deps: TurnDeps,
  request: TurnRequest,
  opened: OpenedTurn,
  terms: Terms,
): AsyncGenerator<ConversationEvent, Conversation, undefined> {
  const model = deps.models[opened.alias];
  invariant(model, "an opened turn has a model behind its alias");
  const shares = [...SHARES];
  const fitted = await fitting(deps, request, opened, terms);
  const { memory } = fitted;
  let { turn } = fitted;
  for (;;) {
    try {
      const { answer, finishReason } = yield* ask(deps, request, turn, model, terms);
      const record = callRecord(turn, memory.calls, { alias: turn.alias, model, answer, octets: turn.octets });
      return { turn, calls: [...memory.calls, record], tools: [], text: answer.text, finishReason, memory };
    } catch (error) {
      const share = isContextRefusal(error) ? nextShare(turn, shares) : undefined;
      if (share === undefined) {
        await giveUp(deps, request, turn, { model, error, memory });
        throw error instanceof LateAnswer ? error.refusal : error;
      }
      turn = withNewest(turn, fitted.turn, share);
      deps.log.warn("context refused; asking with less history", { turn_id: turn.id, history: turn.history.length });
    }
  }
}

/** The turn as it fits: with a summary of what does not, where one is to be made. A turn that stands in for an older one makes none: it is of the past. */
async function fitting(
  deps: TurnDeps,
  request: TurnRequest,
  opened: OpenedTurn,
  terms: Terms,
): Promise<{ readonly turn: OpenedTurn; readonly memory: Memory }> {
  if (!opened.pruned || deps.summaryAlias === null || request.replaces !== null) return { turn: opened, memory: NO_MEMORY };
  const { summarised } = await import("./summarise.ts"); // most turns fit
  return summarised(deps, request, opened, terms, deps.summaryAlias);
}

/** Nothing is left to be left out: undefined. A summary goes with the last of the history. */
function nextShare({ history, summary }: OpenedTurn, shares: number[]): number | undefined {
  if (history.length > 0) return shares.shift();
  return summary === null ? undefined : 0;
}

/** Nobody is charged for an answer that was not whole when a JSON turn's time was over; the provider asks for it all the same. */
class LateAnswer extends Error {
  readonly answer: ModelAnswer;
  readonly refusal: ModelRefusal;

  constructor(answer: ModelAnswer) {
    super("The answer came too late.");
    this.answer = answer;
    this.refusal = new ModelRefusal("provider_timeout", answer.attempts);
  }
}

async function* ask(
  { gateway, ticks }: TurnDeps,
  request: TurnRequest,
  turn: OpenedTurn,
  model: Model,
  { until, keepsLate, signal }: Terms,
): AsyncGenerator<ConversationEvent, { answer: ModelAnswer; finishReason: TurnFinish }, undefined> {
  const received = collecting(ticks);
  const [isBeyond, spent] = [budgetOf(turn.maxOutputTokens), new AbortController()];
  const stop = turn.coveredInFull ? AbortSignal.any([spent.signal, ...(signal ? [signal] : [])]) : signal;
  const call = { model, request: requestOf(turn, request), timeoutMs: until - ticks(), ...(stop && { signal: stop }) };
  for await (const event of gateway.stream(call)) {
    received.take(event);
    if (turn.coveredInFull && isBeyond(event)) spent.abort();
    if (event.type === "text" || event.type === "usage" || event.type === "tool_call") yield event;
  }
  const answer = received.answer();
  if (answer.cut?.kind === "late" && !keepsLate) throw new LateAnswer(answer);
  const limited = turn.maxOutputTokens < request.maxOutputTokens;
  return { answer, finishReason: finishOf(answer, { limited, spent: spent.signal.aborted }) };
}

/** The end as its reader is told it: a limit that was the wallet's is a budget, and so is one that we had to keep ourselves. */
function finishOf({ cut, finishReason }: ModelAnswer, { limited, spent }: { limited: boolean; spent: boolean }): TurnFinish {
  if (cut !== null) return spent && cut.kind === "stopped" ? "budget" : "cut";
  return limited && finishReason === "length" ? "budget" : (finishReason ?? "other");
}

function isContextRefusal(error: unknown): boolean {
  return error instanceof DomainError && error.code === "context_budget_exceeded";
}

/** The turn with the newest part of its history, at most this share of the octets that it was first sent with; of nothing, without summary. */
function withNewest(turn: OpenedTurn, opened: OpenedTurn, share: number): OpenedTurn {
  const history = newestOf(turn.history, sizeOf(opened.history) * share);
  const summary = share === 0 ? null : turn.summary;
  const octets = turn.octets - sizeOf(turn.history) - sizeOfSummary(turn.summary) + sizeOf(history) + sizeOfSummary(summary);
  return { ...turn, history, summary, pruned: true, octets };
}

type Failed = { readonly model: Model; readonly error: unknown; readonly memory: Memory };

async function giveUp(deps: TurnDeps, request: TurnRequest, turn: OpenedTurn, { model, error, memory }: Failed): Promise<void> {
  const refusal = error instanceof LateAnswer ? error.refusal : error;
  await voidFailed(deps, turn, request.caller, refusal instanceof DomainError ? refusal.code : "internal");
  const attempts = refusal instanceof ModelRefusal ? refusal.attempts : [];
  const costs = [...memory.lostUsd, ...attempts.flatMap((attempt) => attemptCost(model, attempt))];
  costs.push(...memory.calls.map(({ answer, usage }) => providerCost(answer, usage)));
  if (error instanceof LateAnswer) {
    const { answer } = error;
    costs.push(providerCost(answer, usageOf(turn, { alias: turn.alias, model, answer, octets: turn.octets })));
  }
  if (costs.length === 0) return;
  const costUsd = sum(costs.map((cost) => amount(cost))).toFixed();
  await recordLostAnswer(deps, { turn: turn.id, attempt: turn.attempt, user: request.caller.wallet, alias: turn.alias, costUsd });
}

function requestOf(turn: OpenedTurn, { message, sampling, brought }: TurnRequest): ModelRequest {
  if (brought !== undefined) {
    const { octets: _octets, bound: _bound, ...asked } = brought;
    return { ...asked, sampling, maxOutputTokens: turn.maxOutputTokens, stream: true };
  }
  const messages = [
    ...(turn.systemPrompt === null ? [] : [{ role: "system" as const, content: turn.systemPrompt }]),
    ...(turn.summary === null ? [] : shown({ user: SUMMARY_QUESTION, assistant: turn.summary.text })),
    ...turn.history.flatMap(shown),
    { role: "user" as const, content: message },
  ];
  return { messages, tools: [], sampling, maxOutputTokens: turn.maxOutputTokens, stream: true };
}

function shown({ user, assistant }: Pick<Past, "user" | "assistant">): [Message, Message] {
  return [
    { role: "user", content: user },
    { role: "assistant", content: assistant },
  ];
}
