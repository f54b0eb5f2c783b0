// Ledgers of any shape on any days: rows as the statements write them, without the turns and payments that they would be of. For
// reports, which read ledger, events and rollup alone; no world could end with them, since its invariants would not hold.

import { sql } from "kysely";
import { amount } from "@pantheon/contract/money.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { listedCalls, seedCall, seedEvents, type SeedCall } from "./seed-usage.ts";

export type Move =
  | { readonly kind: "grant"; readonly source: "admin" | "seed" | "promo" | "top_up"; readonly credits: number }
  | { readonly kind: "refund"; readonly source: "reversal"; readonly credits: number }
  | { readonly kind: "debit"; readonly source: "admin"; readonly credits: number }
  | { readonly kind: "debit"; readonly source: "turn"; readonly day: string; readonly calls: readonly Call[] };
type Call = { readonly alias: string; readonly credits: number; readonly usd: string };

/** The day of whatever has none. */
export const DAY = "2026-03-01";
export const UNIT = 100_000_000; // of a credit
export const TOKENS = 10_000; // of output make a credit, at multiplier 1

/** Credits in whole units. */
export function units(some: number): bigint {
  return BigInt(Math.round(some * UNIT));
}

/** Empties the tables of a database without anything else in it, and gives each of these ledgers to a person: rows as the statements write them, with the events of the turns. */
export async function givenMovements(db: Database, ledgers: readonly (readonly Move[])[]): Promise<void> {
  await sql`set session_replication_role = replica; truncate credit_transactions, credit_wallets, llm_call_events, usage_daily, usage_totals, grant_proposals;
    set session_replication_role = default`.execute(db.query);
  const calls: SeedCall[] = [];
  const rows: object[] = [];
  for (const [person, moves] of ledgers.entries()) {
    const user_id = `person-${person}`;
    let balance = 0n;
    for (const [index, move] of moves.entries()) {
      const name = `${person} ${index}`;
      const moved =
        "calls" in move
          ? -move.calls.reduce((sum, each) => sum + units(each.credits), 0n)
          : units(Math.abs(move.credits)) * (move.credits < 0 ? -1n : 1n);
      balance += moved;
      rows.push({
        user_id,
        seq: index + 1,
        kind: move.kind,
        source: move.source,
        amount: exact(moved),
        balance_after: exact(balance),
        name,
        at: `${"day" in move ? move.day : DAY}T12:00:00Z`,
      });
      if (!("calls" in move)) continue;
      for (const [call_index, { alias, credits: charged, usd }] of move.calls.entries()) {
        const priced = { model_alias: alias, output: Math.round(charged * TOKENS), usd_per_credit: usd };
        calls.push(seedCall({ turn: name, user_id, at: `${move.day}T12:00:00Z` }, { call_index, ...priced }));
      }
    }
  }
  if (calls.length > 0) await seedEvents(db.query, listedCalls(calls));
  const given = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (
    user_id text, seq bigint, kind text, source text, amount numeric, balance_after numeric, name text, at timestamptz)`;
  await sql`insert into credit_wallets (user_id) select distinct user_id from ${given}`.execute(db.query);
  await sql`
    insert into credit_transactions (user_id, seq, kind, source, amount, balance_after, reference_id, created_at)
    select user_id, seq, kind, source, amount, balance_after, case when source = 'turn' then md5(name)::uuid::text else name end, at
      from ${given}`.execute(db.query);
}

function exact(value: bigint): string {
  return amount(`${value}`).times(amount("0.00000001")).toFixed();
}
