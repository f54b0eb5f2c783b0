// What stands in a request's way after its statement ended with an error, or with a refusal after one: the rows are read, and decide.
// Loaded when that happens, which is seldom.

import { sql } from "kysely";
import type { KeyedTurn } from "../ledger/statements/gate.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newTarget, refuse, retryAfterOf, wayOfKeyed, type Target, type Way } from "./collision.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import { voidFailed, voidLapsed } from "./void.ts";

/**
 * Reads what stands in the way after an open or reopen that ended with `error`, and says how to go on. A running turn that carries
 * `claim` was opened by a statement whose reply was lost.
 */
export async function wayAround(deps: TurnDeps, request: TurnRequest, target: Target, claim: string, error: unknown): Promise<Way> {
  const turns = await findTurns(deps, request, target);
  const own = ownOf(turns, claim);
  if (own) return { way: "run", target: { turn: own.id, mode: "reopen" } };

  const keyed = turns.find((turn) => turn.idempotency_key !== null && turn.idempotency_key === request.key?.value);
  const next: Way = keyed ? wayOfKeyed(keyed, request, claim) : { way: "run", target: newTarget() };
  if (next.way !== "run") return next;
  const blocker = turns.find(
    (turn) => request.session !== null && turn.session_id === request.session && turn.status === "running" && turn.id !== keyed?.id,
  );
  if (blocker?.lapsed) await voidLapsed(deps, blocker);
  else if (blocker) return refuse(sessionBusy(blocker));
  else if (!keyed && !mayPass(error)) return refuse(error);
  return next;
}

/**
 * Refuses, unless a turn of this request's own runs, because a statement whose reply was lost has committed since: that one is tried
 * again, since there what it holds counts as available to it. When that is refused too, it is given up and its hold goes back.
 */
export async function ownInsteadOf(
  refusal: DomainError,
  deps: TurnDeps,
  request: TurnRequest,
  target: Target,
  claim: string,
): Promise<Way> {
  const own = ownOf(await findTurns(deps, request, target), claim);
  if (own && target.mode === "open") return { way: "run", target: { turn: own.id, mode: "reopen" } };
  if (own) await voidFailed(deps, own, request.caller, refusal.code);
  return refuse(refusal);
}

function ownOf<Turn extends { claim: string; status: string }>(turns: readonly Turn[], claim: string): Turn | undefined {
  return turns.find((turn) => turn.claim === claim && turn.status === "running");
}

function findTurns(deps: TurnDeps, request: TurnRequest, target: Target) {
  return deps.db.query
    .selectFrom("turns")
    .select(["id", "user_id", "session_id", "status", "attempt", "claim", "idempotency_key", "request_hash", "response_body"])
    .select(sql<boolean>`lease_until < clock_timestamp()`.as("lapsed"))
    .select(sql<number>`ceil(extract(epoch from lease_until - clock_timestamp()))::int`.as("lease_left"))
    .where("user_id", "=", request.caller.actor)
    .where((column) =>
      column.or([
        column("id", "=", target.turn),
        ...(request.key ? [column("idempotency_key", "=", request.key.value)] : []),
        ...(request.session === null ? [] : [column.and([column("session_id", "=", request.session), column("status", "=", "running")])]),
      ]),
    )
    .execute();
}

/** True when trying once more can help: the database was away, or a unique index told of a race whose winner has finished. */
function mayPass(error: unknown): boolean {
  if (error instanceof DomainError) return error.code === "database_unavailable";
  return error instanceof Error && "code" in error && error.code === UNIQUE_VIOLATION;
}

const UNIQUE_VIOLATION = "23505";

function sessionBusy(blocker: Pick<KeyedTurn, "lease_left">): DomainError {
  const detail = "Another turn of this session is still running.";
  return new DomainError("session_busy", detail, { retryAfter: retryAfterOf(blocker) });
}
