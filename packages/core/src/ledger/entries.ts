// A wallet's ledger rows, newest first. The chain of `seq` is their order and their count.

import type * as v from "valibot";
import type { Transaction } from "@pantheon/contract/account.ts";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { List } from "@pantheon/contract/page.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { LedgerKind, LedgerSource } from "@pantheon/contract/vocabulary.ts";
import { described } from "./described.ts";

export type LedgerRow = {
  id: string;
  kind: LedgerKind;
  source: LedgerSource;
  amount: string;
  balance_after: string;
  initiated_by: string | null;
  note: string | null;
  reference_id: string;
  created_at: Date;
  seq: string;
  description: string;
};

/** Who reads: the titles of sessions are their owner's alone. */
export type Reader = "owner" | "admin";

/** This wallet's transactions by `seq`; `total` is the wallet's `seq`, so no row is counted. */
export function listTransactions(db: Database, wallet: string, reader: Reader = "owner"): List<LedgerRow> {
  const list = listOf({
    on: db.query,
    rows: db.query
      .selectFrom("credit_transactions")
      .select(["id", "kind", "source", "amount", "balance_after", "initiated_by", "note", "reference_id", "created_at", "seq"])
      .where("user_id", "=", wallet),
    order: [["seq", "bigint"]],
    async total() {
      const chain = await db.query.selectFrom("credit_wallets").select("seq").where("user_id", "=", wallet).executeTakeFirst();
      return Number(chain?.seq ?? 0);
    },
  });
  return {
    positions: list.positions,
    async read(page) {
      const read = await list.read(page);
      return { ...read, rows: await described(db, read.rows, reader) };
    },
  };
}

/** The ten newest transactions of a wallet, as they stand beside its figures for an admin. */
export async function recentTransactions(db: Database, wallet: string): Promise<v.InferInput<typeof Transaction>[]> {
  const { rows } = await listTransactions(db, wallet, "admin").read({ limit: 10, offset: 0, after: null });
  return rows.map(ledgerRowView);
}

/** A ledger row as it leaves (contract sections 4 and 5). */
export function ledgerRowView({ seq: _seq, ...row }: LedgerRow): v.InferInput<typeof Transaction> {
  return {
    ...row,
    amount: format(amount(row.amount)),
    balance_after: format(amount(row.balance_after)),
    created_at: rfc3339(row.created_at),
  };
}
