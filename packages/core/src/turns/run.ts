// A turn from request to answer: open, converse, settle. Two statements beside the model; nothing is held on the wire meanwhile.

import { DomainError } from "@pantheon/contract/error.ts";
import { loadedOnce } from "../loaded-once.ts";
import type { Terms } from "./memory.ts";
import { LIMITS, type TurnDeps, type TurnRequest } from "./request.ts";
import type { OpenedTurn } from "./open.ts";

export type { TurnDeps, TurnRequest } from "./request.ts";

/** The response body, and whether it is the stored answer of an earlier request with the same key. */
export type TurnOutcome = { readonly body: string; readonly replayed: boolean };

/**
 * Runs one JSON turn: a stream that is collected. Refusals and provider failures are DomainErrors, and cost nothing: 402, 403, 404, 409,
 * 422 from opening, 422, 502 and 504 from the model, 503 when too little time is left or the database is away (contract section 3).
 */
export async function runTurn(deps: TurnDeps, request: TurnRequest): Promise<TurnOutcome> {
  const { runCourse } = await loadCourse(); // before anything is held: what cannot be loaded must not leave a turn behind
  const began = deps.ticks();
  const { most, terms } = jsonTime(deps, request);
  const turn = await openInTime(deps, request, most, JSON_LEASE_MS);
  if ("replay" in turn) return { body: turn.replay, replayed: true };
  const body = await runCourse(deps, request, turn, { terms: terms(), began, streamed: false, see: () => {} });
  return { body, replayed: false };
}

/** The gate and its statements, and what comes after: read by the first turn, and not by a cold start. */
const loadGate = loadedOnce(() => import("./open.ts"));
export const loadCourse = loadedOnce(() => import("./course.ts"));

/** However long the function may run: a model that answers in one piece has no longer, and settling is short. */
const JSON_LEASE_MS = LIMITS.modelTimeMs + LIMITS.settleReserveMs + LIMITS.leaseGraceMs;

/** Opens the turn for at most `leaseMs`, unless so little of `modelMs` is there that it would not be worth a hold: then 503. */
export async function openInTime(
  deps: TurnDeps,
  request: TurnRequest,
  modelMs: number,
  leaseMs: number,
): Promise<OpenedTurn | { readonly replay: string }> {
  if (modelMs >= LIMITS.leastModelTimeMs) {
    const { openTurn } = await loadGate();
    return openTurn(deps, request, leaseMs);
  }
  throw new DomainError("out_of_time", "Too little time is left to run this turn. Please try again.", { retryAfter: 1 });
}

/** The function's time less the settle reserve, and no more than the gateway in front allows: how much there is, and its end from now. */
function jsonTime({ ticks }: TurnDeps, request: TurnRequest): { most: number; terms: () => Terms } {
  const left = (): number => Math.min(request.deadline - ticks() - LIMITS.settleReserveMs, LIMITS.modelTimeMs);
  return { most: left(), terms: () => ({ until: ticks() + Math.max(1, left()), keepsLate: false }) };
}
