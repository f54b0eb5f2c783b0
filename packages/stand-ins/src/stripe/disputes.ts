// What may become of a dispute: opened, funds withdrawn and reinstated, closed. Each step can be taken by itself, as banks do, or in the
// order in which Stripe usually takes them.

import { happen, keep, mint, now, NO_REQUEST, type Account } from "./account.ts";
import type { BalanceTransaction, Charge, Dispute, PaymentIntent } from "./objects.ts";
import { notNow } from "./refusal.ts";

export type NewDispute = {
  /** Of the charge's smallest unit; the whole charge when it is not given. */
  readonly amount?: number | undefined;
  /** An inquiry takes no money. */
  readonly inquiry?: boolean | undefined;
  /** False leaves the withdrawal for a later step. */
  readonly withdraw?: boolean | undefined;
};

export type DisputeStep = "withdraw" | "reinstate" | "win" | "lose" | "close_inquiry" | "review" | "overturn";

/** Opens a dispute on a paid intent and withdraws the funds. Throws StripeRefusal when the intent has no paid charge. */
export function openDispute(account: Account, intent: PaymentIntent, wish: NewDispute = {}): Dispute {
  const charge = account.charges.get(intent.latest_charge ?? "");
  if (!charge?.paid) throw notNow("payment_intent_unexpected_state", "Only what was paid can be disputed.", { payment_intent: intent });
  const { inquiry = false, withdraw = true } = wish;
  const dispute = keep<Dispute>(account, {
    id: mint("du"),
    object: "dispute",
    amount: wish.amount ?? charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: now(account),
    currency: charge.currency,
    is_charge_refundable: inquiry,
    livemode: charge.livemode,
    metadata: {},
    payment_intent: intent.id,
    reason: "fraudulent",
    status: inquiry ? "warning_needs_response" : "needs_response",
  });
  keep<Charge>(account, { ...charge, disputed: true });
  happen(account, "charge.dispute.created", dispute, NO_REQUEST);
  return inquiry || !withdraw ? dispute : moveDispute(account, dispute, "withdraw");
}

/**
 * Takes one step, however late. Winning gives withdrawn funds back and closes, losing closes; overturning decides a closed one the other
 * way, with its money. Throws StripeRefusal for a step that does not fit.
 */
export function moveDispute(account: Account, dispute: Dispute, step: DisputeStep): Dispute {
  if (!fits(dispute, step)) throw notNow("dispute_unexpected_state", `A dispute that is ${dispute.status} cannot take the step ${step}.`);
  if (step === "withdraw") return move(account, dispute, -1);
  if (step === "reinstate") return move(account, dispute, 1);
  if (step === "review") return review(account, dispute);
  if (step === "overturn") return overturn(account, dispute);
  if (step === "lose") return close(account, { ...dispute, status: "lost" });
  if (step === "close_inquiry") return close(account, { ...dispute, status: "warning_closed" });
  const won: Dispute = { ...dispute, status: "won" };
  return close(account, isWithdrawn(won) ? move(account, won, 1) : won);
}

/** A closed dispute may still see its funds reinstated: banks are slow. An inquiry becomes a dispute when funds are withdrawn. */
function fits({ status, ...dispute }: Dispute, step: DisputeStep): boolean {
  const isOpen = status === "needs_response" || status === "under_review" || status === "warning_needs_response";
  if (step === "withdraw") return isOpen && !isWithdrawn(dispute);
  if (step === "reinstate") return isWithdrawn(dispute);
  if (step === "close_inquiry") return status === "warning_needs_response";
  if (step === "overturn") return status === "won" || status === "lost";
  return status === "needs_response" || (status === "under_review" && step !== "review");
}

/** The evidence was handed in, and the bank takes its weeks. */
function review(account: Account, dispute: Dispute): Dispute {
  const reviewed = keep<Dispute>(account, { ...dispute, status: "under_review" });
  happen(account, "charge.dispute.updated", reviewed, NO_REQUEST);
  return reviewed;
}

function overturn(account: Account, dispute: Dispute): Dispute {
  const decided: Dispute = { ...dispute, status: dispute.status === "won" ? "lost" : "won" };
  const isMoved = isWithdrawn(decided) === (decided.status === "lost");
  return close(account, isMoved ? decided : move(account, decided, decided.status === "lost" ? -1 : 1));
}

function isWithdrawn({ balance_transactions: moves }: Pick<Dispute, "balance_transactions">): boolean {
  return moves.reduce((sum, { amount }) => sum + amount, 0) < 0;
}

const FEE = 1_500; // what Stripe asks for a dispute, in cents

function move(account: Account, dispute: Dispute, direction: -1 | 1): Dispute {
  const amount = direction * dispute.amount;
  const fee = direction < 0 ? FEE : 0;
  const moved: BalanceTransaction = {
    id: mint("txn"),
    object: "balance_transaction",
    amount,
    created: now(account),
    currency: dispute.currency,
    fee,
    net: amount - fee,
    reporting_category: direction < 0 ? "dispute" : "dispute_reversal",
    type: "adjustment",
  };
  const after = keep<Dispute>(account, {
    ...dispute,
    status: dispute.status === "warning_needs_response" ? "needs_response" : dispute.status,
    is_charge_refundable: false,
    balance_transactions: [...dispute.balance_transactions, moved],
  });
  happen(account, direction < 0 ? "charge.dispute.funds_withdrawn" : "charge.dispute.funds_reinstated", after, NO_REQUEST);
  return after;
}

function close(account: Account, dispute: Dispute): Dispute {
  const closed = keep(account, dispute);
  happen(account, "charge.dispute.closed", closed, NO_REQUEST);
  return closed;
}
