// The named parts that every statement about money is made of: the lock of a wallet, the credits that it gets, the ledger row, the event
// of the payment provider. Each is a CTE under its own name; a statement puts them in the order in which they happen.
// The row of a key and the row of the audit stand in audit/.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";

type Sql = RawBuilder<unknown>;

/** Nothing at all, where a fragment may say more. */
const NOTHING = sql``;
const NULL = sql`null`;
const NOW = sql`clock_timestamp()`;

/**
 * The CTE `wallet` (user_id, balance, held, seq): the row of `owner`, locked. It is the first lock of its statement, and everything else
 * is joined to it (docs/transaction_policy.md). `when` is a condition on top, `more` are further columns with a comma before them. No row: there is no such wallet.
 */
export function lockedWallet(owner: Sql, when: Sql = NOTHING, more: Sql = NOTHING): Sql {
  return sql`
  -- The first lock. The row is as it is once the lock is ours, and not as it was when this statement began.
  wallet as (
    select user_id, balance, held, seq ${more}
      from credit_wallets
     where user_id = ${owner}::text ${when}
       for update
  )`;
}

/**
 * The CTE `credited` (user_id, balance, seq): the wallet of `owner` once `credits` were added; made, if it was missing. `answer` is a
 * column on top, with a comma before it; without `when` nothing is asked first, and where it does not hold nothing is added. The upsert
 * adds and locks in one step, so it comes first in its statement.
 */
export function credited(owner: Sql, credits: Sql, { answer = NOTHING, when }: { answer?: Sql; when?: Sql } = {}): Sql {
  const row = sql`${owner}::text, ${credits}::numeric, 1`;
  return sql`
  -- The first lock, and the credits: the upsert adds to the wallet as it is once the lock is ours.
  credited as (
    insert into credit_wallets as known (user_id, balance, seq)
    ${when === undefined ? sql`values (${row})` : sql`select ${row} where ${when}`}
    on conflict (user_id) do update
      set balance = known.balance + excluded.balance,
          seq = known.seq + 1
    returning user_id, balance, seq ${answer}
  )`;
}

/** A ledger row, column by column. `from` is what it is made from: one row of it for each row of the ledger. */
export type Entry = {
  readonly id: Sql;
  readonly user: Sql;
  readonly seq: Sql;
  readonly kind: "grant" | "debit" | "refund";
  /** Where the credits come from or go to: an SQL text. */
  readonly source: Sql;
  /** Credits; less than zero takes. */
  readonly amount: Sql;
  /** What the wallet holds after this row. */
  readonly balance: Sql;
  /** What the row is of, once and for ever: unique per kind. */
  readonly reference: Sql;
  readonly initiatedBy?: Sql;
  readonly note?: Sql;
  /** When; without it the moment of the insert, after the wallet's lock. */
  readonly at?: Sql;
  readonly from: Sql;
};

/** The CTE `entry`: the ledger row. A reference that was booked before is 23505 and undoes the whole statement. */
export function entry(row: Entry): Sql {
  return sql`
  -- The ledger row, made from the locked wallet: its seq and its balance follow the row before it.
  entry as (
    insert into credit_transactions (id, user_id, seq, kind, source, amount, balance_after,
                                     reference_id, initiated_by, note, created_at)
    select ${row.id}, ${row.user}, ${row.seq}, ${sql.lit(row.kind)}, ${row.source}, ${row.amount},
           ${row.balance}, ${row.reference}, ${row.initiatedBy ?? NULL}, ${row.note ?? NULL}, ${row.at ?? NOW}
      from ${row.from}
  )`;
}

/** The slots of a ledger row that grants what a payment bought. */
export type BoughtSlots = { transaction: string; credits: string };

/**
 * The CTE `entry` of a payment's credits, over the CTE `credited`. The `reference` is the payment itself, so whatever grants it grants
 * it once.
 */
export function boughtEntry(
  slot: Slots<BoughtSlots>,
  { reference, initiatedBy = NULL, from = sql`credited` }: { reference: Sql; initiatedBy?: Sql; from?: Sql },
): Sql {
  return entry({
    id: sql`${slot.transaction}::uuid`,
    user: sql`credited.user_id`,
    seq: sql`credited.seq`,
    kind: "grant",
    source: sql`'top_up'`,
    amount: sql`${slot.credits}::numeric`,
    balance: sql`credited.balance`,
    reference,
    initiatedBy,
    from,
  });
}

/** The slots of the event that told of a payment; `event` is null when we asked ourselves, and then no row is written. */
export type EventSlots = { event: string | null; type: string; payment: string };

/**
 * The CTE `event`: the row that says what became of an event. `from` is what has to be there for it, and `when` a condition on top.
 * One that is known already stays as it is.
 */
export function paymentEvent(
  slot: Slots<EventSlots>,
  outcome: "ok" | "quarantined",
  { from, when = NOTHING }: { from?: Sql; when?: Sql } = {},
): Sql {
  return sql`
  -- What told of it, kept beside what it did.
  event as (
    insert into stripe_events (id, type, payment_intent, outcome)
    select ${slot.event}::text, ${slot.type}::text, ${slot.payment}::text, ${sql.lit(outcome)}
      ${from === undefined ? NOTHING : sql`from ${from}`}
     where ${slot.event}::text is not null ${when}
    on conflict (id) do nothing
  )`;
}
