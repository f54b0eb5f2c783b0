// The states of a top-up, in words, and what became of it after it was paid.

import type { DisputeState, TopUp, TopUpStatus } from "../api/shapes.ts";
import { usd } from "./amount.tsx";

const STATE: Readonly<Record<TopUpStatus, string>> = {
  created: "started",
  pending: "waits to be paid",
  processing: "the bank is at work",
  succeeded: "paid",
  failed: "declined, can be paid again",
  canceled: "canceled",
  quarantined: "looked at by an operator",
  dismissed: "ended without credits",
};

/** States in which a card can be tried. */
export const PAYABLE: ReadonlySet<TopUpStatus> = new Set(["created", "pending", "failed"]);
/** States that change without anybody here doing something. */
export const MOVING: ReadonlySet<TopUpStatus> = new Set(["created", "pending", "processing"]);

const DISPUTE: Readonly<Record<DisputeState, string>> = {
  open: "disputed",
  withdrawn: "disputed, the bank took the money",
  returned: "paid, a dispute was returned",
  won: "paid, a dispute ended",
  lost: "charged back",
  closed: "paid, a dispute ended",
};

/** The state in words: a payment that is disputed or refunded is not simply paid. */
export function stateOf({ status, disputed, refunded_usd: refunded }: Pick<TopUp, "status" | "disputed" | "refunded_usd">): string {
  const state = disputed === null ? STATE[status] : DISPUTE[disputed.state];
  return refunded === "0" ? state : `${state}, ${usd(refunded)} refunded`;
}

/** True while nothing is owed back for it. */
export function isWhole({ status, disputed, refunded_usd: refunded }: Pick<TopUp, "status" | "disputed" | "refunded_usd">): boolean {
  return status === "succeeded" && refunded === "0" && (disputed === null || ["returned", "won", "closed"].includes(disputed.state));
}

const BECAME: Readonly<Record<DisputeState, string>> = {
  open: "The bank asks about this payment. Nothing was taken back yet.",
  withdrawn: "The payment is disputed: the bank took the money back until it has decided.",
  returned: "The bank decided, and the money is on its way back here.",
  won: "A dispute of this payment ended: it stands.",
  lost: "A dispute of this payment ended: the money stays with the bank.",
  closed: "A question of the bank about this payment is closed.",
};

/** What happened after it was paid, a sentence each; empty where nothing did. */
export function becameOf({ disputed, refunded_usd: refunded }: Pick<TopUp, "disputed" | "refunded_usd">): readonly string[] {
  return [
    ...(refunded === "0" ? [] : [`${usd(refunded)} were refunded, or are on their way back to your card.`]),
    ...(disputed === null ? [] : [BECAME[disputed.state]]),
  ];
}
