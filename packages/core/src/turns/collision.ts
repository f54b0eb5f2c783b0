// Whose turn is it: what a request that meets an existing turn (by its own id, by key, or in the same session) may do.
// After an error this is decided by reading the rows, never by the error: met.ts does that.

import { ERASED, keyExpired, keyReused } from "../audit/request-key.ts";
import type { KeyedTurn } from "../ledger/statements/gate.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { LIMITS, type TurnRequest } from "./request.ts";

/** The turn that the next statement writes: a new one, or an existing one that is run again. */
export type Target = { readonly turn: string; readonly mode: "open" | "reopen" };

/** What a request may do about the turn that it met: run this one next, answer a stored one again, or be refused. */
export type Way =
  | { readonly way: "run"; readonly target: Target }
  | { readonly way: "replay"; readonly body: string }
  | { readonly way: "refuse"; readonly refusal: unknown };

const RETRY_AFTER_SECONDS = 2;

/** A turn that nobody has begun yet. */
export function newTarget(): Target {
  return { turn: newId(), mode: "open" };
}

/**
 * What to do about the turn that carries this request's key: answer it again, run it again, or refuse (contract section 1). `claim` is
 * this request's mark: a running turn that carries it is this request's own, whose open had not committed yet when its rows were read.
 */
export function wayOfKeyed(turn: KeyedTurn, request: Pick<TurnRequest, "key">, claim: string): Way {
  if (turn.request_hash === ERASED) return refuse(keyExpired());
  const reused = keyReused(request.key, turn);
  if (reused) return refuse(reused);
  if (turn.status === "completed" && turn.response_body !== null) return { way: "replay", body: turn.response_body };
  if (turn.status === "running" && !turn.lapsed && turn.claim !== claim) {
    const retryAfter = retryAfterOf(turn);
    return refuse(new DomainError("idempotency_in_progress", "The request with this Idempotency-Key is still running.", { retryAfter }));
  }
  return { way: "run", target: { turn: turn.id, mode: "reopen" } };
}

/** Ends the request with this. */
export function refuse(refusal: unknown): Way {
  return { way: "refuse", refusal };
}

/**
 * Seconds until it is worth asking again about a running turn. A JSON turn's lease outlasts its function by the grace, and a stream renews its
 * own long before: one that runs within that belongs to a dead container, and nothing changes before its lease is over.
 */
export function retryAfterOf({ lease_left: left }: Pick<KeyedTurn, "lease_left">): number {
  return left * 1_000 <= LIMITS.leaseGraceMs ? Math.max(1, left) : RETRY_AFTER_SECONDS;
}
