// What may become of a refund: made, and moved on by the bank. The charge's refunded amount always follows its refunds.

import { happen, keep, mint, now, type Account } from "./account.ts";
import { CARDS } from "./cards.ts";
import type { Charge, EventRequest, Metadata, PaymentIntent, Refund, RefundStatus } from "./objects.ts";
import { badParameter, notNow } from "./refusal.ts";

export type NewRefund = {
  /** Of the charge's smallest unit; all that is left when it is not given. */
  readonly amount?: number | undefined;
  readonly reason?: string | undefined;
  readonly metadata?: Metadata;
  readonly status?: "succeeded" | "pending" | undefined;
};

/** Gives back a paid intent's money. Throws StripeRefusal when nothing, or not that much, is left, or when a dispute stands in the way. */
export function createRefund(account: Account, charge: Charge, wish: NewRefund, request: EventRequest): Refund {
  if (!charge.paid) throw notNow("charge_not_refundable", "A charge that was not paid cannot be refunded.");
  if (charge.refunded) throw notNow("charge_already_refunded", "The charge has been refunded already.");
  if (hasStandingDispute(account, charge)) throw notNow("charge_disputed", "A charge that is disputed cannot be refunded.");
  const left = charge.amount - charge.amount_refunded;
  const amount = wish.amount ?? left;
  if (amount > left) throw badParameter("amount", null, `The amount is greater than the ${left} that are left of the charge.`);
  const pends = CARDS[charge.payment_method ?? ""]?.refundsPend === true;
  const refund: Refund = {
    id: mint("re"),
    object: "refund",
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: now(account),
    currency: charge.currency,
    metadata: wish.metadata ?? {},
    payment_intent: charge.payment_intent,
    reason: wish.reason ?? null,
    receipt_number: null,
    status: wish.status ?? (pends ? "pending" : "succeeded"),
  };
  if (charge.livemode) account.liveRefunds.add(refund.id);
  keep(account, refund);
  happen(account, "refund.created", refund, request);
  happen(account, "charge.refunded", recount(account, charge), request);
  return refund;
}

const STANDING = new Set(["needs_response", "under_review", "lost"]);

function hasStandingDispute(account: Account, charge: Charge): boolean {
  return [...account.disputes.values()].some((dispute) => dispute.charge === charge.id && STANDING.has(dispute.status));
}

/** The paid charge of an intent. Throws StripeRefusal when there is none. */
export function paidCharge(account: Account, intent: PaymentIntent): Charge {
  const charge = account.charges.get(intent.latest_charge ?? "");
  if (charge?.paid) return charge;
  throw notNow("payment_intent_unexpected_state", "The payment intent has no successful charge.", { payment_intent: intent });
}

/** The bank's word on a refund. A failed or canceled one gives the charge its money back, also after it had succeeded. */
export function moveRefund(account: Account, refund: Refund, status: Exclude<RefundStatus, "pending">): Refund {
  const request: EventRequest = { id: null, idempotency_key: null };
  if (refund.status === "failed" || refund.status === "canceled") throw notNow("refund_final", `The refund is ${refund.status} for good.`);
  const moved = keep<Refund>(account, { ...refund, status, ...(status === "failed" && { failure_reason: "unknown" }) });
  const charge = account.charges.get(refund.charge);
  if (charge !== undefined) recount(account, charge);
  happen(account, "refund.updated", moved, request);
  if (status === "failed") happen(account, "refund.failed", moved, request);
  return moved;
}

function recount(account: Account, charge: Charge): Charge {
  const standing = [...account.refunds.values()].filter(
    ({ charge: of, status }) => of === charge.id && status !== "failed" && status !== "canceled",
  );
  const refunded = standing.reduce((sum, { amount }) => sum + amount, 0);
  return keep<Charge>(account, { ...charge, amount_refunded: refunded, refunded: refunded === charge.amount });
}
