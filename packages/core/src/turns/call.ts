// A call without a session, from request to answer: the statements, the course and the guarantees of a turn, and no place in any history.
// Nothing of what it was asked or answered is kept, unless its key may ask for the answer again.

import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { amount } from "@pantheon/contract/money.ts";
import { meetWithWallet } from "../accounts/person.ts";
import type { ConversationEvent } from "./ask.ts";
import type { OpenedTurn } from "./open.ts";
import { LEASES, LIMITS, type Brought, type TurnDeps, type TurnRequest } from "./request.ts";
import { loadCourse, openInTime } from "./run.ts";
import { running, toldAgain, type Running } from "./running.ts";
import type { KeptCall, RequestedCall } from "./view.ts";

export type { Brought } from "./request.ts";
export type { Running } from "./running.ts";
export type { KeptCall as SettledCall, RequestedCall } from "./view.ts";

export type CallRequest = Pick<TurnRequest, "caller" | "key" | "alias" | "maxOutputTokens" | "sampling" | "requestId" | "deadline"> & {
  readonly brought: Brought;
  /** The address that the caller's token names: whoever calls for the first time becomes somebody. */
  readonly email: string | null;
  /** Whether the answer is read as it comes. One in one piece has less time, and is not charged when that was too short. */
  readonly streamed: boolean;
};

/** What is told of a call, in order. */
export type CallEvent =
  | { readonly type: "started"; readonly id: string; readonly createdAt: Date }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_call"; readonly call: RequestedCall }
  /** Settled; the figures are those of the stored body. */
  | { readonly type: "done"; readonly call: KeptCall };

/** A client of Node gives up after 300 s without a byte, and an answer in one piece has none before its end. */
const ONE_PIECE_MS = 280_000;

/**
 * Opens a call and runs it. Refusals of opening are thrown as a turn's are (run.ts); after that a failure ends the events. A call whose reader
 * left is drained to its end within the function's time: what is not read is paid.
 */
export async function streamCall(deps: TurnDeps, asked: CallRequest): Promise<Running<CallEvent>> {
  const { runCourse } = await loadCourse(); // before anything is held, as in run.ts
  const began = deps.ticks();
  const { email, streamed, ...given } = asked;
  const request: TurnRequest = { ...given, session: null, message: "", replaces: null, fitToBalance: null };
  const left = (): number => {
    const own = request.deadline - deps.ticks() - LIMITS.settleReserveMs;
    return streamed ? own : Math.min(own, ONE_PIECE_MS);
  };
  const open = () => openInTime(deps, request, left(), (deps.leases ?? LEASES).lengthMs);
  const turn = await open().catch(async (refusal: unknown) => {
    if (!isNobody(refusal)) throw withSource(refusal);
    await meetWithWallet(deps.db, { ...request.caller, email });
    return open().catch((again: unknown) => {
      throw withSource(again);
    });
  });
  if ("replay" in turn) return toldAgain(replayOf(turn.replay));
  const modelMs = Math.max(1, left());
  return running(deps, request, turn, { modelMs, keepsLate: streamed, drainMs: modelMs }, SCRIPT, (course) =>
    runCourse(deps, request, turn, { ...course, began, streamed }),
  );
}

/** The gate found nobody of this id, or no wallet of theirs: they call for the first time. */
function isNobody(refusal: unknown): boolean {
  return refusal instanceof DomainError && refusal.code === "not_found";
}

const IN_FLIGHT_RETRY_SECONDS = 5;

/** A 402 says whether the credits are gone, or only held by calls that still run: then it is worth asking again. */
function withSource(refusal: unknown): unknown {
  if (!(refusal instanceof DomainError) || refusal.code !== "insufficient_credits") return refusal;
  const { balance, hold, held } = refusal.members;
  invariant(typeof balance === "string" && typeof hold === "string" && typeof held === "string", "a 402 has its figures");
  const isInFlight = amount(held).gt(amount("0")) && amount(balance).gte(amount(hold));
  const members = { ...refusal.members, limit_source: isInFlight ? "in_flight" : "balance" };
  return new DomainError(refusal.code, refusal.message, {
    members,
    cause: refusal,
    ...(isInFlight && { retryAfter: IN_FLIGHT_RETRY_SECONDS }),
  });
}

const SCRIPT = {
  started: ({ id, createdAt }: OpenedTurn): CallEvent => ({ type: "started", id, createdAt }),
  shown: (event: ConversationEvent): CallEvent | null => {
    if (event.type === "text") return event;
    if (event.type !== "tool_call") return null;
    const { id, name, arguments: given } = event.call;
    return { type: "tool_call", call: { id, name, arguments: given } };
  },
  done: (body: string): CallEvent => ({ type: "done", call: JSON.parse(body) as KeptCall }), // of our own making
};

function replayOf(body: string): CallEvent[] {
  const call = JSON.parse(body) as KeptCall; // of our own making
  const { assistant_output: text, requested_calls: calls = [] } = call;
  return [
    { type: "started", id: call.id, createdAt: new Date(call.created_at) },
    ...(text ? [{ type: "text", text } as const] : []),
    ...calls.map((one) => ({ type: "tool_call", call: one }) as const),
    { type: "done", call },
  ];
}
