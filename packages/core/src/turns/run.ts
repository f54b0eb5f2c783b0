// A turn from request to answer: open, ask the model, settle. Two statements and one model call; nothing is held on the wire meanwhile.

import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { askModel, modelTime } from "./ask.ts";
import { LIMITS, type TurnDeps, type TurnRequest } from "./request.ts";
import { openTurn } from "./open.ts";
import { settleTurn } from "./settle.ts";

/** The response body, and whether it is the stored answer of an earlier request with the same key. */
export type TurnOutcome = { readonly body: string; readonly replayed: boolean };

/**
 * Runs one JSON turn. Refusals and provider failures are DomainErrors, and cost nothing: 402, 403, 404, 409, 422 from opening,
 * 422, 502 and 504 from the model, 503 when too little time is left or the database is away (contract section 3).
 */
export async function runTurn(deps: TurnDeps, request: TurnRequest): Promise<TurnOutcome> {
  if (modelTime(deps, request) < LIMITS.leastModelTimeMs) {
    throw new DomainError("out_of_time", "Too little time is left to run this turn. Please try again.", { retryAfter: 1 });
  }
  const turn = await openTurn(deps, request);
  if ("replay" in turn) return { body: turn.replay, replayed: true };
  const model = deps.models[turn.alias];
  invariant(model, "an opened turn has a model behind its alias");
  const asked = await askModel(deps, request, turn, model);
  return { body: await settleTurn(deps, request, asked.turn, model, asked.answer), replayed: false };
}
