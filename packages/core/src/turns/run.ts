// A turn from request to answer: open, ask the model, settle. Two statements and one model call; nothing is held on the wire meanwhile.

import { DomainError, invariant } from "../error.ts";
import type { ModelAnswer } from "../llm/gateway.ts";
import { LIMITS, type TurnDeps, type TurnRequest } from "./deps.ts";
import { openTurn, type OpenedTurn } from "./open.ts";
import { voidFailed } from "./recover.ts";
import { settleTurn } from "./settle.ts";

/** The response body, and whether it is the stored answer of an earlier request with the same key. */
export type TurnOutcome = { readonly body: string; readonly replayed: boolean };

/**
 * Runs one JSON turn. Refusals and provider failures are DomainErrors, and cost nothing: 402, 403, 404, 409, 422 from opening,
 * 502 and 504 from the model, 503 when too little time is left or the database is away (contract section 3).
 */
export async function runTurn(deps: TurnDeps, request: TurnRequest): Promise<TurnOutcome> {
  if (modelTime(deps, request) < LIMITS.leastModelTimeMs) {
    throw new DomainError("out_of_time", "Too little time is left to run this turn. Please try again.", { retryAfter: 1 });
  }
  const turn = await openTurn(deps, request);
  if ("replay" in turn) return { body: turn.replay, replayed: true };
  const model = deps.models[turn.alias];
  invariant(model, "an opened turn has a model behind its alias");
  const answer = await ask(deps, request, turn, model);
  return { body: await settleTurn(deps, request, turn, model, answer), replayed: false };
}

/** Asks the model; when it gives no answer the turn is voided before the refusal goes on. */
async function ask(
  deps: TurnDeps,
  request: TurnRequest,
  turn: OpenedTurn,
  model: NonNullable<TurnDeps["models"][string]>,
): Promise<ModelAnswer> {
  try {
    return await deps.gateway.answer({
      model,
      messages: messagesOf(turn, request.message),
      maxOutputTokens: request.maxOutputTokens,
      timeoutMs: Math.max(1, modelTime(deps, request)),
    });
  } catch (error) {
    await voidFailed(deps, turn, request.user, error instanceof DomainError ? error.code : "internal");
    throw error;
  }
}

/** What the model may take: the function's time less the settle reserve, and no more than the gateway in front allows. */
function modelTime({ ticks }: TurnDeps, request: TurnRequest): number {
  return Math.min(request.deadline - ticks() - LIMITS.settleReserveMs, LIMITS.modelTimeMs);
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
