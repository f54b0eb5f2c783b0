// Payments whose top-up was lost when the database was restored to a moment before it. Booked by what the payment itself says, and marked;
// only when the reconciliation is told to, since no webhook may trust a payment that has no row.

import { restorePayment } from "../ledger/statements/restore-payment.ts";
import { newId } from "@pantheon/contract/id.ts";
import { format } from "@pantheon/contract/money.ts";
import { termsWithoutRow, type LostTerms, type Payment } from "./payment.ts";
import { applyToWallet } from "./reversal.ts";
import { livemodeOf, readKnown, type PaymentDeps } from "./book.ts";
import { NO_TOP_UP } from "./verdict.ts";

/** What a lost top-up was, by its payment; null when it is not lost, not ours, or does not fit what was received. Reads only. */
export async function findLost({ db, config }: PaymentDeps, payment: Payment): Promise<LostTerms | null> {
  const terms = termsWithoutRow(payment, config.usdPerCredit, livemodeOf(config));
  if (!terms) return null;
  const { topUps, isGranted } = await readKnown(db, payment.id, terms.topUp);
  if (isGranted || topUps.some((row) => row.id === terms.topUp || row.status !== "quarantined")) return null;
  const aside = await db.query
    .selectFrom("top_ups")
    .select("quarantine_reason")
    .where("payment_intent", "=", payment.id)
    .executeTakeFirst();
  return aside === undefined || aside.quarantine_reason === NO_TOP_UP ? terms : null;
}

/** Grants the payment and makes its top-up again, both at once; then what was refunded of it is taken back. Once, however often it is called. */
export async function restoreLost({ db }: PaymentDeps, payment: Payment, terms: LostTerms): Promise<"restored"> {
  const transaction = newId();
  const figures = { credits: format(terms.credits), amountUsd: format(terms.amountUsd) };
  const place = { wallet: terms.user, topUp: terms.topUp, payment: payment.id, livemode: payment.livemode, reason: NO_TOP_UP };
  try {
    await db.run(restorePayment, { transaction, ...figures, ...place });
  } catch (error) {
    if (!(await readKnown(db, payment.id, terms.topUp)).isGranted) throw error; // by another run, or by us and the reply was lost
  }
  await applyToWallet(db, payment.id, null);
  return "restored";
}
