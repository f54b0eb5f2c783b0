// A wallet's ledger rows, newest first. The chain of `seq` is their order and their count.

import { sql, type RawBuilder } from "kysely";
import type * as v from "valibot";
import type { Transaction } from "@pantheon/contract/account.ts";
import type { Database } from "../db/database.ts";
import { ALL_TIME, endOf, startOf, type Days } from "../db/days.ts";
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

/**
 * This wallet's transactions of these days by `seq`. No row is counted for `total`: it is the wallet's `seq`, or lies between the first
 * rows of the days.
 */
export function listTransactions(db: Database, wallet: string, reader: Reader = "owner", days: Days = ALL_TIME): List<LedgerRow> {
  const since = days.from === null ? null : firstSince(wallet, startOf(days.from));
  const until = days.to === null ? null : firstSince(wallet, endOf(days.to));
  const list = listOf({
    on: db.query,
    rows: db.query
      .selectFrom("credit_transactions")
      .select(["id", "kind", "source", "amount", "balance_after", "initiated_by", "note", "reference_id", "created_at", "seq"])
      .where("user_id", "=", wallet)
      .$if(since !== null, (rows) => rows.where(sql<boolean>`seq >= ${since}`))
      .$if(until !== null, (rows) => rows.where(sql<boolean>`seq < ${until}`)),
    order: [["seq", "bigint"]],
    async total() {
      const { rows } = await sql<{ count: string }>`
        select coalesce(${until ?? sql`seq + 1`} - ${since ?? sql`1`}, 0) as count
          from credit_wallets
         where user_id = ${wallet}`.execute(db.query);
      return Number(rows[0]?.count ?? 0);
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

/**
 * The `seq` of a wallet's first row at or after a moment; one more than its last where there is none. It is found by halves, since rows
 * are numbered without gaps and follow time: some twenty looks into the index of the chain, which needs none of its own for time.
 */
function firstSince(wallet: string, moment: RawBuilder<Date>): RawBuilder<string> {
  return sql<string>`(
    with recursive search (low, high) as (
      select 1::bigint, seq + 1 from credit_wallets where user_id = ${wallet}
      union all
      select case when middle.created_at < ${moment} then middle.seq + 1 else search.low end,
             case when middle.created_at < ${moment} then search.high else middle.seq end
        from search
        join credit_transactions middle
          on middle.user_id = ${wallet}
         and middle.seq = (search.low + search.high) / 2
       where search.low < search.high
    )
    select low from search where low >= high)`;
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
