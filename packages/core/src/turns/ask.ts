// One call of a turn's model, as a stream of events: what is sent, with how much of the history, until when, and how the answer ended.
// Owns what a refusal for context means: less history, and once more.

import { DomainError } from "@pantheon/contract/error.ts";
import type { Amount } from "@pantheon/contract/money.ts";
import type { ToolState, TurnFinish } from "@pantheon/contract/vocabulary.ts";
import { SUMMARY_QUESTION } from "../ledger/statements/history.ts";
import { collecting, type ModelAnswer } from "../models/collect.ts";
import { ModelRefusal } from "../models/gateway.ts";
import type { Model } from "../models/model.ts";
import type { UsageReport } from "../models/report.ts";
import type { Message, ModelRequest, Tool, ToolCall } from "../models/request.ts";
import { budgetOf } from "./budget.ts";
import type { Terms } from "./memory.ts";
import type { OpenedTurn, Routed } from "./open.ts";
import { newestOf, sizeOf, sizeOfSummary, type Past } from "./past.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";

/** What a reader may see while the model answers. */
export type ConversationEvent =
  | { readonly type: "text"; readonly text: string }
  /** Who answers is chosen; of the turn as it goes on. */
  | { readonly type: "routed"; readonly alias: string; readonly multiplier: Amount; readonly routed: Routed }
  /** Of a call, whose maker runs the tools. */
  | { readonly type: "tool_call"; readonly call: ToolCall }
  /** What the provider has reported so far of the call that runs; nothing is billed by it. */
  | { readonly type: "usage"; readonly report: UsageReport }
  /** A tool is used; without an outcome it has just begun. */
  | { readonly type: "tool"; readonly index: number; readonly name: string; readonly outcome: ToolState | null };

export type Asking = {
  readonly turn: OpenedTurn;
  readonly model: Model;
  /** The turn as it was first asked, and what shares of its history are still to be tried. */
  readonly fitted: OpenedTurn;
  readonly shares: number[];
  /** What the turn has said and been told since its user's message. */
  readonly after: readonly Message[];
  readonly tools: readonly Tool[];
};

/** The turn as the provider took it, its answer, and how that ended. */
export type Asked = { readonly turn: OpenedTurn; readonly answer: ModelAnswer; readonly finishReason: TurnFinish };

/** How much of a history that the provider refuses is sent next: a half, a quarter, nothing. */
const SHARES = [0.5, 0.25, 0];

/** The first call of a turn: nothing was said since its message. */
export function firstAsking(turn: OpenedTurn, model: Model, tools: readonly Tool[] = []): Asking {
  return { turn, model, fitted: turn, shares: [...SHARES], after: [], tools };
}

/** Asks within the model's time, with less history each time that the provider finds the context too long. Throws what it refuses. */
export async function* asked(
  deps: TurnDeps,
  request: TurnRequest,
  asking: Asking,
  terms: Terms,
): AsyncGenerator<ConversationEvent, Asked, undefined> {
  let { turn } = asking;
  for (;;) {
    try {
      return { turn, ...(yield* ask(deps, request, { ...asking, turn }, terms)) };
    } catch (error) {
      const share = isContextRefusal(error) ? nextShare(turn, asking.shares) : undefined;
      if (share === undefined) throw error;
      turn = withNewest(turn, asking.fitted, share);
      deps.log.warn("context refused; asking with less history", { turn_id: turn.id, history: turn.history.length });
    }
  }
}

/** Nothing is left to be left out: undefined. A summary goes with the last of the history. */
function nextShare({ history, summary }: OpenedTurn, shares: number[]): number | undefined {
  if (history.length > 0) return shares.shift();
  return summary === null ? undefined : 0;
}

/** Nobody is charged for an answer that was not whole when a JSON turn's time was over; the provider asks for it all the same. */
export class LateAnswer extends Error {
  readonly turn: OpenedTurn;
  readonly answer: ModelAnswer;
  readonly refusal: ModelRefusal;

  constructor(turn: OpenedTurn, answer: ModelAnswer) {
    super("The answer came too late.");
    this.turn = turn;
    this.answer = answer;
    this.refusal = new ModelRefusal("provider_timeout", answer.attempts);
  }
}

async function* ask(
  { gateway, ticks }: TurnDeps,
  request: TurnRequest,
  asking: Asking,
  { until, keepsLate, signal }: Terms,
): AsyncGenerator<ConversationEvent, Omit<Asked, "turn">, undefined> {
  const { turn, model } = asking;
  const received = collecting(ticks);
  const [isBeyond, spent] = [budgetOf(turn.maxOutputTokens), new AbortController()];
  const stop = turn.coveredInFull ? AbortSignal.any([spent.signal, ...(signal ? [signal] : [])]) : signal;
  const call = { model, request: requestOf(asking, request), timeoutMs: until - ticks(), ...(stop && { signal: stop }) };
  for await (const event of gateway.stream(call)) {
    received.take(event);
    if (turn.coveredInFull && isBeyond(event)) spent.abort();
    if (event.type === "text" || event.type === "usage" || (event.type === "tool_call" && request.brought)) yield event;
  }
  const answer = received.answer();
  if (answer.cut?.kind === "late" && !keepsLate) throw new LateAnswer(turn, answer);
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
function withNewest(turn: OpenedTurn, fitted: OpenedTurn, share: number): OpenedTurn {
  const history = newestOf(turn.history, sizeOf(fitted.history) * share);
  const summary = share === 0 ? null : turn.summary;
  const octets = turn.octets - sizeOf(turn.history) - sizeOfSummary(turn.summary) + sizeOf(history) + sizeOfSummary(summary);
  return { ...turn, history, summary, pruned: true, octets };
}

function requestOf({ turn, after, tools }: Asking, { message, sampling, brought }: TurnRequest): ModelRequest {
  if (brought !== undefined) {
    const { octets: _octets, bound: _bound, ...whole } = brought;
    return { ...whole, sampling, maxOutputTokens: turn.maxOutputTokens, stream: true };
  }
  const messages = [
    ...(turn.systemPrompt === null ? [] : [{ role: "system" as const, content: turn.systemPrompt }]),
    ...(turn.summary === null ? [] : shown({ user: SUMMARY_QUESTION, assistant: turn.summary.text })),
    ...turn.history.flatMap(shown),
    { role: "user" as const, content: message },
    ...after,
  ];
  return { messages, tools, sampling, maxOutputTokens: turn.maxOutputTokens, stream: true };
}

function shown({ user, assistant }: Pick<Past, "user" | "assistant">): [Message, Message] {
  return [
    { role: "user", content: user },
    { role: "assistant", content: assistant },
  ];
}
