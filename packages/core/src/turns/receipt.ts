// The receipt of a debit: its inputs as they were stored, and the arithmetic done again from nothing but them.

import type * as v from "valibot";
import type { Receipt } from "@pantheon/contract/account.ts";
import type { Database } from "../db/database.ts";
import { DomainError, invariant } from "@pantheon/contract/error.ts";
import type { LedgerKind, LedgerSource } from "@pantheon/contract/vocabulary.ts";
import type { Reader } from "../ledger/entries.ts";
import { described } from "../ledger/described.ts";
import { amount, format, sum, ZERO } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { receiptLine } from "./receipt-line.ts";

/**
 * One line a model call and one a use of a tool, recomputed by the same functions that charged it. `matches` says that every line gives what was stored and
 * that the lines add up to the debit. 404 for an unknown transaction, another wallet's, or one that is no turn's debit (contract section 4).
 */
export async function readReceipt(db: Database, wallet: string, transaction: string) {
  const debit = await debits(db, wallet).where("id", "=", transaction).executeTakeFirst();
  if (!debit) throw new DomainError("not_found", "Transaction not found.");
  return receiptOf(db, wallet, debit, "owner");
}

/** The receipt of what a turn was charged, as this reader may see it; null when it was charged nothing. */
export async function readReceiptOfTurn(
  db: Database,
  wallet: string,
  turn: string,
  reader: Reader,
): Promise<v.InferInput<typeof Receipt> | null> {
  const debit = await debits(db, wallet).where("reference_id", "=", turn).executeTakeFirst();
  if (!debit) return null;
  const receipt = await receiptOf(db, wallet, debit, reader);
  return { ...receipt, created_at: rfc3339(receipt.created_at) };
}

function debits(db: Database, wallet: string) {
  return db.query
    .selectFrom("credit_transactions")
    .select(["id", "kind", "source", "amount", "balance_after", "reference_id", "created_at"])
    .where("user_id", "=", wallet)
    .where("kind", "=", "debit")
    .where("source", "=", "turn"); // what an admin takes has no calls
}

type Debit = {
  id: string;
  kind: LedgerKind;
  source: LedgerSource;
  amount: string;
  balance_after: string;
  reference_id: string;
  created_at: Date;
};

async function receiptOf(db: Database, wallet: string, found: Debit, reader: Reader) {
  const [debit] = await described(db, [found], reader);
  invariant(debit, "what is described stays");
  const events = await db.query
    .selectFrom("llm_call_events")
    .selectAll()
    .where("turn_id", "=", debit.reference_id)
    .where("user_id", "=", wallet)
    .where("status", "<>", "internal") // our own calls are recorded and never charged, so they are no part of the sum
    .orderBy("call_index")
    .execute();
  const lines = events.map(receiptLine);
  const tools = (await usesOf(db, wallet, debit.reference_id)).map(toolLine);
  const total = sum([...lines, ...tools].map((line) => amount(line.recomputed)));
  return {
    transaction_id: debit.id,
    kind: debit.kind,
    description: debit.description,
    turn_id: debit.reference_id,
    ...(await keyOf(db, events[0]?.api_key_id ?? null)),
    payment: null,
    amount: format(amount(debit.amount)),
    balance_after: format(amount(debit.balance_after)),
    created_at: debit.created_at,
    lines,
    tools,
    acted_by: await actedBy(db, debit.reference_id),
    total: format(total),
    matches: [...lines, ...tools].every((line) => line.matches) && total.eq(amount(debit.amount).neg()),
  };
}

/** Whose key acted for the turn's person; null when none did. */
async function actedBy(db: Database, turn: string): Promise<string | null> {
  const row = await db.query.selectFrom("turns").select("acted_by").where("id", "=", turn).executeTakeFirst();
  return row?.acted_by ?? null;
}

/** The key that a call came with, as it is called now. */
async function keyOf(db: Database, key: string | null) {
  const row =
    key === null ? undefined : await db.query.selectFrom("api_keys").select(["name", "prefix"]).where("id", "=", key).executeTakeFirst();
  return { api_key_id: key, api_key_name: row?.name ?? null, api_key_prefix: row?.prefix ?? null };
}

/** The turn's uses of tools, each beside what its pricing version takes for one. */
function usesOf(db: Database, wallet: string, turn: string) {
  return db.query
    .selectFrom("tool_call_events as used")
    .innerJoin("turns", "turns.id", "used.turn_id")
    .innerJoin("pricing_versions as version", "version.version", "turns.pricing_version")
    .select(["used.id", "used.tool_name", "used.status", "used.latency_ms", "used.credits_charged", "used.credits_absorbed"])
    .select(["version.version", "version.tool_credits"])
    .where("used.turn_id", "=", turn)
    .where("used.user_id", "=", wallet)
    .orderBy("used.call_index")
    .execute();
}

function toolLine(used: Awaited<ReturnType<typeof usesOf>>[number]) {
  const price = used.status === "success" ? amount(used.tool_credits[used.tool_name] ?? "0") : ZERO;
  const [charged, absorbed] = [amount(used.credits_charged), amount(used.credits_absorbed)];
  const recomputed = price.minus(absorbed);
  return {
    event_id: used.id,
    tool_name: used.tool_name,
    status: used.status,
    latency_ms: used.latency_ms,
    pricing_version: used.version,
    price: format(price),
    credits_charged: format(charged),
    credits_absorbed: format(absorbed),
    recomputed: format(recomputed),
    matches: recomputed.eq(charged),
  };
}
