// A wallet's ledger rows, newest first. The chain of `seq` is their order and their count.

import type * as v from "valibot";
import type { Transaction } from "@pantheon/contract/account.ts";
import type { Database } from "../db/database.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { listed, type Listed, type Page } from "@pantheon/contract/page.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { LedgerKind } from "@pantheon/contract/vocabulary.ts";

export type LedgerRow = {
  id: string;
  kind: LedgerKind;
  amount: string;
  balance_after: string;
  initiated_by: string | null;
  note: string | null;
  reference_id: string;
  created_at: Date;
  seq: string;
};

/** This wallet's transactions by `seq`; `total` is the wallet's `seq`, so no row is counted. */
export async function listTransactions(db: Database, wallet: string, page: Page): Promise<Listed<LedgerRow>> {
  const [seq] = page.after ?? [];
  const rows = await db.query
    .selectFrom("credit_transactions")
    .select(["id", "kind", "amount", "balance_after", "initiated_by", "note", "reference_id", "created_at", "seq"])
    .where("user_id", "=", wallet)
    .$if(seq !== undefined, (query) => query.where("seq", "<", seq ?? ""))
    .orderBy("seq", "desc")
    .offset(page.offset)
    .limit(page.limit + 1)
    .execute();
  const chain = await db.query.selectFrom("credit_wallets").select("seq").where("user_id", "=", wallet).executeTakeFirst();
  return listed(rows, page, Number(chain?.seq ?? 0), (row) => [row.seq]);
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
