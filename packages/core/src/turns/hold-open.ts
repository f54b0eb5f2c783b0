// Opening a hold, and booking usage after the fact: both open a turn whose model ran elsewhere, for what its caller states. Owns for whom a
// key may do so, and what a repeated request is answered.

import { DomainError, invariant } from "@pantheon/contract/error.ts";
import type { Amount } from "@pantheon/contract/money.ts";
import type { TurnOrigin } from "@pantheon/contract/vocabulary.ts";
import type { RequestKey } from "../audit/request-key.ts";
import type { Caller } from "../accounts/caller.ts";
import { meetWithWallet } from "../accounts/person.ts";
import { multiplierOf } from "../pricing/catalog.ts";
import { holdUnderKey, holdView, readHold, type HoldRow } from "./hold.ts";
import { chargeOf, type Used } from "./hold-charge.ts";
import type { Stated, TurnDeps, TurnRequest } from "./request.ts";
import { openTurn } from "./open.ts";

type Asking = {
  readonly caller: Caller;
  /** The address that the caller's token names: whoever comes for the first time becomes somebody. */
  readonly email: string | null;
  readonly key: RequestKey | null;
  readonly requestId: string;
  readonly deadline: number;
  readonly alias: string;
  readonly metadata: Readonly<Record<string, string>> | null;
};

/** What a hold is to cover: tokens, or credits. */
export type HoldTerms = { readonly inputTokens: number; readonly maxOutputTokens: number } | { readonly credits: Amount };

export type Opened = { readonly hold: HoldRow; readonly replayed: boolean };

/**
 * Opens a hold, and answers it; under its key the one that was opened before, whatever became of it. Refused as a turn is: 402, 403,
 * 404 for somebody unknown, 422 for an alias, 429.
 */
export async function openHold(deps: TurnDeps, asked: Asking & { terms: HoldTerms; leaseSeconds: number }) {
  const { terms, leaseSeconds } = asked;
  const tokens = "credits" in terms ? { inputTokens: 0, maxOutputTokens: 1 } : terms;
  const credits = "credits" in terms ? terms.credits.toFixed() : null;
  const { hold, replayed } = await opened(deps, asked, "hold", tokens.maxOutputTokens, {
    inputTokens: tokens.inputTokens,
    credits: () => credits,
    leaseMs: leaseSeconds * 1_000,
  });
  return { view: holdView(hold), replayed };
}

/** A container that dies between the opening of a booking and its settling leaves it for so long; then the same key books it. */
const BOOKING_LEASE_MS = 60_000;

/** Opens what a booking is settled from: a hold of exactly what it comes to. Refused as a hold is. */
export function openBooking(deps: TurnDeps, asked: Asking & { key: RequestKey; used: Used }): Promise<Opened> {
  const { used, alias } = asked;
  return opened(deps, asked, "usage", "credits" in used ? 1 : Math.max(1, used.output), {
    inputTokens: "credits" in used ? 0 : used.fresh + used.cached,
    credits: (catalog) => chargeOf(used, { weights: catalog.weights, multiplier: multiplierOf(catalog, alias) }).charged.toFixed(),
    leaseMs: BOOKING_LEASE_MS,
  });
}

async function opened(
  deps: TurnDeps,
  asked: Asking,
  origin: TurnOrigin,
  maxOutputTokens: number,
  stated: Omit<Stated, "origin" | "metadata">,
): Promise<Opened> {
  const { caller, email, key, requestId, deadline, alias, metadata } = asked;
  const request: TurnRequest = {
    caller,
    requestId,
    deadline,
    alias,
    maxOutputTokens,
    key: key && scoped(key, caller),
    session: null,
    message: "",
    fitToBalance: false,
    sampling: {},
    replaces: null,
    stated: { ...stated, origin, metadata: metadata && JSON.stringify(metadata) },
  };
  const open = () => openTurn(deps, request, stated.leaseMs);
  const turn = await open()
    .catch(async (refusal: unknown) => {
      if (!isRefusal(refusal, "not_found")) throw refusal;
      await madeKnown(deps, caller, email);
      return open();
    })
    .catch((refusal: unknown) => {
      // Under its key it was opened before: the reply was lost, or this is a repetition.
      if (isRefusal(refusal, "idempotency_in_progress")) return { replay: refusal };
      throw refusal;
    });
  if (!("replay" in turn)) return { hold: await readHold(deps.db, caller, turn.id), replayed: false };
  invariant(request.key, "only what came under a key comes again");
  const known = await holdUnderKey(deps.db, caller.actor, request.key.value);
  if (known !== null && known.status !== "failed") return { hold: known, replayed: true };
  if (turn.replay instanceof DomainError) throw turn.replay;
  throw new DomainError("conflict", "The hold ended while this was asked. Please try again.", { retryAfter: 1 });
}

/** Keys of requests are the person's. One who acts for them has their own beside: no caller's key has a space in it. */
function scoped({ value, hash }: RequestKey, { key }: Caller): RequestKey {
  return key?.owner === undefined ? { value, hash } : { value: `for ${key.id} ${value}`, hash };
}

function isRefusal(thrown: unknown, code: DomainError["code"]): thrown is DomainError {
  return thrown instanceof DomainError && thrown.code === code;
}

/** Whoever calls for the first time becomes somebody; whoever is acted for has to be there. */
async function madeKnown({ db }: TurnDeps, caller: Caller, email: string | null): Promise<void> {
  if (caller.key?.owner !== undefined) {
    const person = await db.query.selectFrom("users").select("id").where("id", "=", caller.actor).executeTakeFirst();
    if (person === undefined) throw new DomainError("not_found", "User not found.");
  }
  await meetWithWallet(db, { ...caller, email });
}
