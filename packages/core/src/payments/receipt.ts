// The receipt of a ledger row that is no turn's: what was paid and at which price, and the division done again from what was stored.

import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import type { Database } from "../db/database.ts";
import { described } from "../ledger/described.ts";
import { creditsFor } from "./payment.ts";

/**
 * The receipt of a payment's grant, or of what an admin granted or took. A payment that an admin decided upon, or that was restored, has
 * no price: its credits are what the row says. Null for a turn's debit, for what a refund or dispute moved, and for what this wallet has not.
 */
export async function readBookingReceipt(db: Database, wallet: string, transaction: string) {
  const found = await db.query
    .selectFrom("credit_transactions")
    .select(["id", "kind", "source", "amount", "balance_after", "reference_id", "created_at"])
    .where("id", "=", transaction)
    .where("user_id", "=", wallet)
    .where("source", "not in", ["turn", "reversal"])
    .execute();
  const [row] = await described(db, found, "owner");
  if (!row) return null;
  const moved = amount(row.amount);
  const payment = row.source === "top_up" ? await paymentOf(db, row.reference_id) : null;
  const total = payment ? amount(payment.credits) : moved.abs();
  return {
    transaction_id: row.id,
    kind: row.kind,
    description: row.description,
    turn_id: null,
    api_key_id: null,
    api_key_name: null,
    api_key_prefix: null,
    payment,
    amount: format(moved),
    balance_after: format(amount(row.balance_after)),
    created_at: row.created_at,
    lines: [],
    tools: [],
    acted_by: null,
    total: format(total),
    matches: total.eq(moved.abs()),
  };
}

async function paymentOf({ query }: Database, payment: string) {
  const row = await query
    .selectFrom("top_ups")
    .select(["id", "amount_usd", "credits_to_grant", "usd_per_credit", "resolution"])
    .where("payment_intent", "=", payment)
    .executeTakeFirst();
  if (!row) return null;
  const paid = amount(row.amount_usd);
  const price = row.usd_per_credit === null || row.resolution === "grant" ? null : amount(row.usd_per_credit);
  const credits = price === null ? amount(row.credits_to_grant) : creditsFor(paid, price);
  return {
    top_up_id: row.id,
    payment_intent_id: payment,
    amount_usd: format(paid),
    usd_per_credit: price && format(price),
    arithmetic: price && divided(paid, price, credits),
    credits: format(credits),
  };
}

const SHOWN_DECIMALS = 6;

/** "10 ÷ 0.03 = 333.333333…, rounded half up to 333.33" */
function divided(paid: Amount, price: Amount, credits: Amount): string {
  const head = `${format(paid)} ÷ ${format(price)} =`;
  if (credits.times(price).eq(paid)) return `${head} ${format(credits)}`;
  const quotient = paid.div(price).toFixed(SHOWN_DECIMALS + 2);
  return `${head} ${quotient.slice(0, -2)}…, rounded half up to ${format(credits)}`;
}
