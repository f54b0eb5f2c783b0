// Asking the model for a turn's answer. Owns what a refusal for context means (less history, and once more), and what becomes of a turn
// without an answer: it is voided, and what the provider asks of us all the same is counted.

import { DomainError } from "@pantheon/contract/error.ts";
import type { ModelAnswer } from "../llm/model-answer.ts";
import type { ModelEntry } from "../llm/models.ts";
import { OCTETS_PER_MESSAGE } from "../ledger/statements/gate.ts";
import { LIMITS, type TurnDeps, type TurnRequest } from "./request.ts";
import type { OpenedTurn } from "./open.ts";
import { recordLostAnswer, voidFailed } from "./recover.ts";
import { providerCost, usageOf } from "./usage-event.ts";

/** The answer, and the turn as it was asked: with the history that the provider took. */
export type Asked = { readonly answer: ModelAnswer; readonly turn: OpenedTurn };

/** How much of a history that the provider refuses is sent next: a half, a quarter, nothing. */
const SHARES = [0.5, 0.25, 0];

/**
 * Asks within the model's time, with less history each time that the provider finds the context too long. Without an answer the turn is
 * voided before the refusal goes on: `provider_failed`, `provider_timeout`, or `context_budget_exceeded` when even the message alone is
 * too long for the provider.
 */
export async function askModel(deps: TurnDeps, request: TurnRequest, opened: OpenedTurn, model: ModelEntry): Promise<Asked> {
  const until = deps.ticks() + Math.max(1, modelTime(deps, request));
  const shares = [...SHARES];
  let turn = opened;
  for (;;) {
    let lost: ModelAnswer | null = null;
    try {
      const answer = await deps.gateway.answer({
        model,
        messages: messagesOf(turn, request.message),
        maxOutputTokens: request.maxOutputTokens,
        timeoutMs: until - deps.ticks(),
        onLost: (received) => (lost = received),
      });
      return { answer, turn };
    } catch (error) {
      const share = isContextRefusal(error) && turn.history.length > 0 ? shares.shift() : undefined;
      if (share === undefined) {
        await giveUp(deps, request, turn, model, error, lost);
        throw error;
      }
      turn = withNewest(turn, opened, share);
      deps.log.warn("context refused; asking with less history", { turn_id: turn.id, history: turn.history.length });
    }
  }
}

/** What the model may take: the function's time less the settle reserve, and no more than the gateway in front allows. */
export function modelTime({ ticks }: TurnDeps, request: TurnRequest): number {
  return Math.min(request.deadline - ticks() - LIMITS.settleReserveMs, LIMITS.modelTimeMs);
}

function isContextRefusal(error: unknown): boolean {
  return error instanceof DomainError && error.code === "context_budget_exceeded";
}

/** The turn with the newest part of its history, at most this share of the octets that it was opened with. */
function withNewest(turn: OpenedTurn, opened: OpenedTurn, share: number): OpenedTurn {
  const most = sizeOf(opened.history) * share;
  let history = turn.history;
  while (history.length > 0 && sizeOf(history) > most) history = history.slice(1);
  return { ...turn, history, pruned: true, octets: turn.octets - sizeOf(turn.history) + sizeOf(history) };
}

/** As the gate counts it (turn-gate.ts). */
function sizeOf(history: OpenedTurn["history"]): number {
  return history.reduce((sum, past) => sum + Buffer.byteLength(past.user) + Buffer.byteLength(past.assistant) + 2 * OCTETS_PER_MESSAGE, 0);
}

async function giveUp(
  deps: TurnDeps,
  request: TurnRequest,
  turn: OpenedTurn,
  model: ModelEntry,
  error: unknown,
  lost: ModelAnswer | null,
): Promise<void> {
  await voidFailed(deps, turn, request.caller, error instanceof DomainError ? error.code : "internal");
  if (lost === null) return;
  const costUsd = providerCost(model, lost, usageOf(request, turn, model, lost));
  await recordLostAnswer(deps, { turn: turn.id, attempt: turn.attempt, user: request.caller.actor, alias: turn.alias, costUsd });
}

function messagesOf(turn: OpenedTurn, message: string) {
  return [
    ...(turn.systemPrompt === null ? [] : [{ role: "system" as const, content: turn.systemPrompt }]),
    ...turn.history.flatMap((past) => [
      { role: "user" as const, content: past.user },
      { role: "assistant" as const, content: past.assistant },
    ]),
    { role: "user" as const, content: message },
  ];
}
