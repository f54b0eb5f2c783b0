// The receipt of a debit: its inputs as they were stored, and the arithmetic done again from nothing but them.

import type { Database } from "../db/database.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { described } from "../ledger/described.ts";
import { charge } from "../pricing/charge.ts";
import { amount, format, sum, ZERO } from "@pantheon/contract/money.ts";

/**
 * One line a model call, recomputed by the same functions that charged it. `matches` says that every line gives what was stored and
 * that the lines add up to the debit. 404 for an unknown transaction, another wallet's, or one that is no turn's debit (contract section 4).
 */
export async function readReceipt(db: Database, wallet: string, transaction: string) {
  const found = await db.query
    .selectFrom("credit_transactions")
    .select(["id", "kind", "source", "amount", "balance_after", "reference_id", "created_at"])
    .where("id", "=", transaction)
    .where("user_id", "=", wallet)
    .where("kind", "=", "debit")
    .where("source", "=", "turn") // what an admin takes has no calls
    .execute();
  const [debit] = await described(db, found, "owner");
  if (!debit) throw new DomainError("not_found", "Transaction not found.");
  const events = await db.query
    .selectFrom("llm_call_events")
    .selectAll()
    .where("turn_id", "=", debit.reference_id)
    .where("user_id", "=", wallet)
    .where("status", "<>", "internal") // our own calls are recorded and never charged, so they are no part of the sum
    .orderBy("call_index")
    .execute();
  const lines = events.map(receiptLine);
  const total = sum(lines.map((line) => amount(line.recomputed)));
  return {
    transaction_id: debit.id,
    kind: debit.kind,
    description: debit.description,
    turn_id: debit.reference_id,
    payment: null,
    amount: format(amount(debit.amount)),
    balance_after: format(amount(debit.balance_after)),
    created_at: debit.created_at,
    lines,
    total: format(total),
    matches: lines.every((line) => line.matches) && total.eq(amount(debit.amount).neg()),
  };
}

type StoredEvent = {
  id: string;
  model_alias: string;
  provider_model: string;
  input_tokens_fresh: string;
  input_tokens_cached: string;
  output_tokens: string;
  weight_fresh: string;
  weight_cached: string;
  weight_output: string;
  oe_per_credit: string;
  multiplier: string;
  pricing_version: string;
  credits_charged: string;
  credits_absorbed: string;
};

function receiptLine(event: StoredEvent) {
  const tokens = {
    fresh: Number(event.input_tokens_fresh),
    cached: Number(event.input_tokens_cached),
    output: Number(event.output_tokens),
  };
  const weights = {
    fresh: amount(event.weight_fresh),
    cached: amount(event.weight_cached),
    output: amount(event.weight_output),
    oePerCredit: amount(event.oe_per_credit),
  };
  const multiplier = amount(event.multiplier);
  const { oe, charged: whole } = charge(tokens, { weights, multiplier });
  const absorbed = amount(event.credits_absorbed);
  const recomputed = whole.minus(absorbed);
  const relief = absorbed.gt(ZERO) ? ` − ${format(absorbed)}` : "";
  const terms = `${tokens.fresh} × ${format(weights.fresh)} + ${tokens.cached} × ${format(weights.cached)} + ${tokens.output} × ${format(weights.output)}`;
  return {
    event_id: event.id,
    model_alias: event.model_alias,
    provider_model: event.provider_model,
    input_tokens_fresh: tokens.fresh,
    input_tokens_cached: tokens.cached,
    output_tokens: tokens.output,
    weight_fresh: format(weights.fresh),
    weight_cached: format(weights.cached),
    weight_output: format(weights.output),
    oe_per_credit: format(weights.oePerCredit),
    oe_tokens: format(oe),
    multiplier: format(multiplier),
    pricing_version: event.pricing_version,
    arithmetic: `(${terms}) × ${format(multiplier)} ÷ ${format(weights.oePerCredit)}${relief} = ${format(recomputed)}`,
    credits_charged: format(amount(event.credits_charged)),
    credits_absorbed: format(absorbed),
    recomputed: format(recomputed),
    matches: recomputed.eq(amount(event.credits_charged)),
  };
}
