// How the pay page says amounts, times and states.

import { amount, roundHalfUp, ZERO, type Amount } from "@pantheon/contract/money.ts";
import type { TopUpState } from "@pantheon/contract/vocabulary.ts";
import type { LedgerRow, TopUp } from "./api.ts";

/** What a credit costs and how much may be paid at once, in US dollars. */
export type Price = { readonly usdPerCredit: Amount; readonly topUp: { readonly minUsd: Amount; readonly maxUsd: Amount } };

const ONE = amount("1");

/** US dollars with cents; a part of a dollar with four decimals, since a turn may cost less than a cent. */
export function dollars(usd: Amount): string {
  const isSmall = !usd.eq(ZERO) && usd.abs().lt(ONE);
  const decimals = isSmall ? 4 : 2;
  return `${usd.lt(ZERO) ? "-" : ""}$${roundHalfUp(usd.abs(), decimals).toFixed(decimals)}`;
}

/** What so many credits cost. */
export function inDollars(credits: string, { usdPerCredit }: Price): string {
  return dollars(amount(credits).times(usdPerCredit));
}

/** A time as "2026-11-21 18:05" in UTC. */
export function timeOf(at: string): string {
  return at.slice(0, 16).replace("T", " ");
}

/** A ledger row's kind, with the model of a turn. */
export function whatOf({ kind, model }: Pick<LedgerRow, "kind" | "model">): string {
  return model === null ? kind : `${kind}, ${model}`;
}

const SAY: Readonly<Record<TopUpState, string>> = {
  created: "started",
  pending: "waits to be paid",
  processing: "the bank is at work",
  succeeded: "paid, credits granted",
  failed: "declined, can be paid again",
  canceled: "canceled",
  quarantined: "set aside for an admin",
  dismissed: "looked at by an admin, and not granted",
};

const CONFIRMING = "waits for your confirmation";

type State = Pick<TopUp, "status" | "disputed" | "refunded_usd">;

/** A payment that is disputed or refunded is not simply paid. */
function sayOf({ status, disputed, refunded_usd: refunded }: State): string {
  const back = refunded === "0" ? "" : `, ${dollars(amount(refunded))} refunded`;
  return disputed === null ? `${SAY[status]}${back}` : `disputed (${disputed.state})${back}`;
}

/** True for what was paid, and for which nothing went back. */
export function isWhole({ status, disputed, refunded_usd: refunded }: State): boolean {
  return status === "succeeded" && disputed === null && refunded === "0";
}

/** A top-up's state in a table. `isConfirming`: the card's bank asks its holder. */
export function shortState(topUp: State, isConfirming: boolean): string {
  return isConfirming ? CONFIRMING : sayOf(topUp);
}

/** The same in a sentence, for someone who has just paid. */
export function stateOf(topUp: State, isConfirming: boolean): string {
  if (isConfirming) return `This top-up ${CONFIRMING}.`;
  return topUp.status === "pending" ? "Waiting for Stripe to say that it is paid." : `This top-up: ${sayOf(topUp)}.`;
}

/** The address of a top-up's page. */
export function addressOf(user: string, id: string, what: "" | "/watch" | "/state" | "/confirm" = "", fault = ""): string {
  return `/pay/${encodeURIComponent(id)}${what}?${new URLSearchParams({ user, ...(fault !== "" && { fault }) }).toString()}`;
}

/** The address of a wallet's page. */
export function walletAddress(user: string, fault = ""): string {
  return `/pay?${new URLSearchParams({ user, ...(fault !== "" && { fault }) }).toString()}`;
}
