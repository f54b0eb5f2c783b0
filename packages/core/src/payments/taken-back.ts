// What became of payments after they were granted: refunded, disputed, and the credits that this took. Reads only.

import { sql } from "kysely";
import type * as v from "valibot";
import type { TopUp } from "@pantheon/contract/account.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { List } from "@pantheon/contract/page.ts";
import type { Database } from "../db/database.ts";
import type { DisputeState } from "@pantheon/contract/vocabulary.ts";
import { TAKING } from "../ledger/statements/reversal-target.ts";

/** In minor units of US dollars: what was refunded or is on its way back, and what is disputed. */
export type TakenBack = {
  refunded_minor: string;
  /** The newest dispute's; null without one. */
  dispute_state: DisputeState | null;
  /** Null in another currency. */
  dispute_minor: string | null;
  credits_taken_back: string;
};

const NOTHING: TakenBack = { refunded_minor: "0", dispute_state: null, dispute_minor: null, credits_taken_back: "0" };

/** The list, each row with what was taken back of its payment. */
export function listTakenBack<Row extends { payment_intent: string | null }>(
  db: Pick<Database, "query">,
  list: List<Row>,
): List<Row & TakenBack> {
  return {
    positions: list.positions,
    async read(page) {
      const read = await list.read(page);
      return { ...read, rows: await withTakenBack(db, read.rows) };
    },
  };
}

/** What was taken back, as it leaves. */
export function takenBackView(row: TakenBack): Pick<v.InferInput<typeof TopUp>, "refunded_usd" | "disputed" | "credits_taken_back"> {
  return {
    refunded_usd: usd(row.refunded_minor),
    disputed: row.dispute_state && { state: row.dispute_state, amount_usd: row.dispute_minor && usd(row.dispute_minor) },
    credits_taken_back: format(amount(row.credits_taken_back)),
  };
}

function usd(minor: string): string {
  return format(amount(minor).div(amount("100")));
}

/** The rows in their order, each with what was taken back of its payment. One statement for all of them. */
export async function withTakenBack<Row extends { payment_intent: string | null }>(
  { query }: Pick<Database, "query">,
  rows: readonly Row[],
): Promise<(Row & TakenBack)[]> {
  const payments = rows.flatMap((row) => row.payment_intent ?? []);
  if (payments.length === 0) return rows.map((row) => ({ ...row, ...NOTHING }));
  const found = await sql<TakenBack & { payment_intent: string }>`
    select payment_intent,
           coalesce(sum(amount_minor) filter (where kind = 'refund' and state in ${TAKING} and currency = 'usd'), 0) as refunded_minor,
           (array_agg(${STATE_WORD} order by told_at desc, rank desc, object_id) filter (where kind = 'dispute'))[1] as dispute_state,
           (array_agg(case currency when 'usd' then amount_minor end order by told_at desc, rank desc, object_id)
             filter (where kind = 'dispute'))[1] as dispute_minor,
           sum(taken) as credits_taken_back
      from reversals
     where payment_intent = any (${payments}::text[])
     group by payment_intent`.execute(query);
  const byPayment = new Map(found.rows.map(({ payment_intent: payment, ...taken }) => [payment, taken]));
  return rows.map((row) => ({ ...row, ...(byPayment.get(row.payment_intent ?? "") ?? NOTHING) }));
}

/** Stripe's states of a dispute in words for people. */
const STATE_WORD = sql`case state when 'created' then 'open' when 'funds_withdrawn' then 'withdrawn' when 'funds_reinstated' then 'returned'
                              else state end`;
