// Stripe against the ledger: what was paid or taken back there and is not booked here. Makes good what webhooks lost.

import type { Database } from "../db/database.ts";
import { errorName } from "../log.ts";
import { parsePayment, purposeOf, type Payment } from "./payment.ts";
import { disputeOf, isApplied, refundOf, settleReversal, type Reversal } from "./reversal.ts";
import { settlePayment, type PaymentDeps } from "./book.ts";
import type { Stripe } from "./stripe.ts";

export type Reconciled = {
  /** Succeeded payments of ours that were looked at, and those that had not been granted. */
  readonly payments: number;
  readonly late: readonly string[];
  /** Refunds and disputes of our payments, and those whose state was not known here, or not applied. */
  readonly reversals: number;
  readonly unknown: readonly string[];
  readonly quarantined: number;
  /** Objects that could not be booked; the next run tries again. */
  readonly failed: readonly string[];
};

/**
 * Looks at everything since `since`. With `write`, what is missing is booked by the same path as a webhook; without, it is only
 * reported. Safe beside webhooks and beside itself.
 */
export async function reconcile(deps: PaymentDeps & { readonly stripe: Stripe }, since: Date, write: boolean): Promise<Reconciled> {
  const found = { payments: 0, late: [] as string[], reversals: 0, unknown: [] as string[], quarantined: 0, failed: [] as string[] };
  const book = async (id: string, booking: () => Promise<unknown>) => {
    try {
      if (write) return await booking();
    } catch (error) {
      deps.log.error("could not be booked", { object: id, error: errorName(error) });
      found.failed.push(id); // one that cannot be booked must not keep the others waiting
    }
    return null;
  };
  for await (const object of deps.stripe.list("payment_intents", since)) {
    const payment = parsePayment(object);
    if (!payment || payment.status !== "succeeded" || !isOurs(payment)) continue;
    found.payments += 1;
    if (await isBooked(deps.db, payment.id)) continue;
    found.late.push(payment.id);
    deps.log.count("payment_late", { payment_intent: payment.id });
    if ((await book(payment.id, () => settlePayment(deps, payment, null))) === "quarantined") found.quarantined += 1;
  }
  for await (const reversal of reversalsOf(deps.stripe, since)) {
    const known = await deps.db.query.selectFrom("top_ups").select("id").where("payment_intent", "=", reversal.payment).executeTakeFirst();
    if (!known) continue;
    found.reversals += 1;
    const row = await deps.db.query.selectFrom("reversals").select("rank").where("object_id", "=", reversal.object).executeTakeFirst();
    if (row && row.rank >= reversal.rank && (await isApplied(deps.db, reversal.payment))) continue;
    found.unknown.push(reversal.object);
    await book(reversal.object, () => settleReversal(deps.db, reversal, null));
  }
  return found;
}

function isOurs(payment: Payment): boolean {
  const { kind } = purposeOf(payment);
  return kind === "top_up" || kind === "credits";
}

/** Granted, or set aside for an operator: either way nothing is missing. */
async function isBooked(db: Database, payment: string): Promise<boolean> {
  const row = await db.query
    .selectFrom("top_ups")
    .select("status")
    .where("payment_intent", "=", payment)
    .where("status", "in", ["succeeded", "quarantined"])
    .executeTakeFirst();
  return row !== undefined;
}

async function* reversalsOf(stripe: Stripe, since: Date): AsyncIterable<Reversal> {
  for await (const object of stripe.list("refunds", since)) {
    const refund = refundOf(object);
    if (refund) yield refund;
  }
  for await (const object of stripe.list("disputes", since)) {
    const dispute = disputeOf(null, object);
    if (dispute) yield dispute;
  }
}
