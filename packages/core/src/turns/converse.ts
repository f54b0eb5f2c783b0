// The conversation of a turn with its model, as a stream of events that a JSON turn collects: one call, or as many as its tools need
// (loop.ts). Owns what becomes of a turn without an answer: it is voided, and what the providers ask of us all the same is counted.

import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { ModelRefusal } from "../models/gateway.ts";
import type { Model } from "../models/model.ts";
import { amount, sum } from "@pantheon/contract/money.ts";
import { asked, firstAsking, LateAnswer, type ConversationEvent } from "./ask.ts";
import { attemptCost, callRecord, providerCost, usageOf } from "./call-record.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import type { OpenedTurn } from "./open.ts";
import type { RoutedTurn } from "./routing.ts";
import type { Spent } from "./internal-call.ts";
import { NO_MEMORY, type Memory, type Terms } from "./memory.ts";
import type { Conversation, Talk } from "./talk.ts";
import { recordLostAnswer, voidFailed } from "./void.ts";

/**
 * Asks within the model's time, once what does not fit has been summarised. Without an answer the turn is voided before the refusal goes
 * on: `provider_failed`, `provider_timeout`, `context_budget_exceeded` when even the message alone is too long for the provider, or
 * `insufficient_credits` when a turn with tools could not go on and had said nothing yet.
 */
export async function* converse(
  deps: TurnDeps,
  request: TurnRequest,
  opened: OpenedTurn,
  terms: Terms,
): AsyncGenerator<ConversationEvent, Conversation, undefined> {
  const { turn: going, spent } = await answering(deps, request, opened, terms);
  if (going.routed !== null) yield { type: "routed", alias: going.alias, multiplier: going.multiplier, routed: going.routed };
  const model = deps.models[going.alias];
  invariant(model, "an opened turn has a model behind its alias");
  const { turn, memory } = await fitting(deps, request, going, terms, spent);
  const talk: Talk = { calls: [...memory.calls], tools: [], text: "" };
  try {
    if (turn.tools.length > 0 && model.capabilities.tools) {
      const { withTools } = await import("./loop.ts"); // most turns have none
      return yield* withTools(deps, request, { turn, model, memory, talk }, terms);
    }
    const { turn: sent, answer, finishReason } = yield* asked(deps, request, firstAsking(turn, model), terms);
    talk.calls.push(callRecord(sent, talk.calls, { alias: sent.alias, model, answer, octets: sent.octets }));
    return { turn: sent, calls: talk.calls, tools: [], text: answer.text, finishReason, memory };
  } catch (error) {
    await giveUp(deps, request, turn, { model, error, memory, talk });
    throw error instanceof LateAnswer ? error.refusal : error;
  }
}

/** The turn with the alias that answers it: its own, unless that was to be chosen. */
async function answering(deps: TurnDeps, request: TurnRequest, opened: OpenedTurn, terms: Terms): Promise<RoutedTurn> {
  if (opened.choice === null) return { turn: opened, spent: { calls: [], lostUsd: [] } };
  const { routed } = await import("./routing.ts"); // most turns say who answers
  return routed(deps, request, opened, opened.choice, terms);
}

/** The turn as it fits: with a summary of what does not, where one is to be made. A turn that stands in for an older one makes none: it is of the past. */
async function fitting(
  deps: TurnDeps,
  request: TurnRequest,
  opened: OpenedTurn,
  terms: Terms,
  spent: Spent,
): Promise<{ readonly turn: OpenedTurn; readonly memory: Memory }> {
  if (!opened.pruned || deps.summaryAlias === null || request.replaces !== null)
    return { turn: opened, memory: { ...NO_MEMORY, ...spent } };
  const { summarised } = await import("./summarise.ts"); // most turns fit
  return summarised(deps, request, opened, terms, { alias: deps.summaryAlias, spent });
}

type Failed = { readonly model: Model; readonly error: unknown; readonly memory: Memory; readonly talk: Talk };

async function giveUp(deps: TurnDeps, request: TurnRequest, turn: OpenedTurn, { model, error, memory, talk }: Failed): Promise<void> {
  const refusal = error instanceof LateAnswer ? error.refusal : error;
  await voidFailed(deps, turn, request.caller, refusal instanceof DomainError ? refusal.code : "internal");
  const attempts = refusal instanceof ModelRefusal ? refusal.attempts : [];
  const costs = [...memory.lostUsd, ...attempts.flatMap((attempt) => attemptCost(model, attempt))];
  costs.push(...talk.calls.map(({ answer, usage }) => providerCost(answer, usage)));
  if (error instanceof LateAnswer) {
    const { answer, turn: late } = error;
    costs.push(providerCost(answer, usageOf(late, { alias: late.alias, model, answer, octets: late.octets })));
  }
  if (costs.length === 0) return;
  const costUsd = sum(costs.map((cost) => amount(cost))).toFixed();
  await recordLostAnswer(deps, { turn: turn.id, attempt: turn.attempt, user: request.caller.wallet, alias: turn.alias, costUsd });
}
