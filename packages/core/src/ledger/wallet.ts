// The wallet as its owner sees it. Reads only: every change of it stands in ledger/statements.

import type { Database } from "../db/database.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, type Amount } from "@pantheon/contract/money.ts";

/** Credits. `available` = balance − held, what a new hold may draw on. */
export type Wallet = { readonly balance: Amount; readonly held: Amount; readonly available: Amount };

/** Somebody's wallet, for an admin; 404 when there is none. */
export async function findWallet(db: Database, user: string): Promise<Wallet> {
  const row = await db.query.selectFrom("credit_wallets").select(["balance", "held"]).where("user_id", "=", user).executeTakeFirst();
  if (!row) throw new DomainError("not_found", "Wallet not found.");
  return walletOf(row);
}

/** The figures of a wallet's row. */
export function walletOf(row: { readonly balance: string; readonly held: string }): Wallet {
  const balance = amount(row.balance);
  const held = amount(row.held);
  return { balance, held, available: balance.minus(held) };
}
