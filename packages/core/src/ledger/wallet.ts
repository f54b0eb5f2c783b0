// The wallet as its owner sees it. Reads only: every change of it stands in ledger/statements.

import type { Database } from "../db/database.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, ZERO, type Amount } from "@pantheon/contract/money.ts";

/** Credits. `available` = balance − held, what a new hold may draw on. */
export type Wallet = { readonly balance: Amount; readonly held: Amount; readonly available: Amount };

/** This user's wallet; zeros when there is none yet, and no row is written (contract section 4). */
export async function readWallet(db: Database, user: string): Promise<Wallet> {
  return walletOf(await walletRow(db, user));
}

/** Somebody's wallet, for an operator; 404 when there is none. */
export async function findWallet(db: Database, user: string): Promise<Wallet> {
  const row = await walletRow(db, user);
  if (!row) throw new DomainError("not_found", "Wallet not found.");
  return walletOf(row);
}

function walletRow(db: Database, user: string) {
  return db.query.selectFrom("credit_wallets").select(["balance", "held"]).where("user_id", "=", user).executeTakeFirst();
}

function walletOf(row: { balance: string; held: string } | undefined): Wallet {
  const balance = row ? amount(row.balance) : ZERO;
  const held = row ? amount(row.held) : ZERO;
  return { balance, held, available: balance.minus(held) };
}
