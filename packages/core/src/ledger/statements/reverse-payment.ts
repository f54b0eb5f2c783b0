// Refunds and disputes: first how far along the object is, then what follows from all objects of the payment for the wallet. Each of
// the two is one statement; the second may run as often as it likes, and ends in the same balance whatever the order of events was.

import { sql, type RawBuilder } from "kysely";
import type { ReversalKind } from "@pantheon/contract/vocabulary.ts";
import { prepared, type Slots } from "../../db/prepared.ts";
import { entry, paymentEvent } from "./movement.ts";
import { GRANTED_PAYMENTS, reversalTargets } from "./reversal-target.ts";

export type RecordReversalInput = {
  object: string;
  payment: string;
  kind: ReversalKind;
  state: string;
  /** How late in the object's life this state is: an earlier one never overwrites it. */
  rank: number;
  amountMinor: string;
  currency: string;
  /** When Stripe said so, by its own clock. */
  at: Date;
};

/**
 * Keeps the state of a refund or dispute, and counts a new one. Moves no money. A refund only ever goes on, so its furthest state counts.
 * A dispute may be won and lost again, so its latest counts, and of one second the furthest. What an object is never changes: one
 * that comes with another payment, kind or currency writes nothing. No row: nothing was written.
 */
export const recordReversal = prepared<RecordReversalInput, { object_id: string }>(
  "record_reversal",
  (slot) => sql`
with
  -- The object, made or met under its lock: what it was is read from there.
  recorded as (
    insert into reversals as known (object_id, payment_intent, kind, state, rank, amount_minor, currency,
                                    told_at)
    values (${slot.object}::text, ${slot.payment}::text, ${slot.kind}::text, ${slot.state}::text,
            ${slot.rank}::smallint, ${slot.amountMinor}::bigint, ${slot.currency}::text,
            date_trunc('second', ${slot.at}::timestamptz))
    on conflict (object_id) do update
      set state = excluded.state,
          rank = excluded.rank,
          amount_minor = excluded.amount_minor,
          told_at = excluded.told_at,
          checked_at = clock_timestamp(),
          updated_at = clock_timestamp()
      where (known.payment_intent, known.kind, known.currency)
            = (excluded.payment_intent, excluded.kind, excluded.currency)
        and case known.kind
              when 'refund' then excluded.rank > known.rank
              else (excluded.told_at, excluded.rank) > (date_trunc('second', known.told_at), known.rank)
            end
    returning known.object_id, old.object_id is null as made
  ),
  -- Whoever sums the objects of a payment knows by this number that it has seen them all.
  counted as (
    insert into reversal_counts as counts (payment_intent, objects)
    select ${slot.payment}::text, 1 from recorded where recorded.made
    on conflict (payment_intent) do update set objects = counts.objects + 1
  )
select object_id from recorded`,
);

export type ApplyReversalsInput = { payment: string; event: string | null; type: string };

/** The objects, unless there are others that this statement does not see. */
const SEEN = sql`(select * from objects where not exists (select from counted where stale))`;

/**
 * Moves what every object of the payment has taken to its target, in one ledger row each, what returns before what takes. Wallet first,
 * then the objects, read under their locks, then their count: an object that was recorded while this waited is not among them, and then
 * nothing is done (`stale`: run it again). Not yet granted: nothing is done either, and the grant applies it afterwards. What is written
 * to an object comes from the locked values alone: PostgreSQL first checks constraints on a row made from the snapshot's version, so
 * `reversals.taken - …` could be refused for a value nobody stores.
 */
export const applyReversals = prepared<ApplyReversalsInput, { moved: number; stale: boolean }>(
  "apply_reversals",
  (slot) => sql`
with
  ${seenUnderLocks(slot)},
  -- What each has to have taken.
  targets as (
    ${reversalTargets(SEEN, sql`bought`)}
  ),
  -- What each still takes or returns, the returns first.
  changes as (
    select object_id,
           step + 1 as step,
           target,
           taken - target as amount,
           row_number() over in_order as nth,
           sum(taken - target) over in_order as total
      from targets
     where target <> taken
    window in_order as (order by taken - target desc, object_id)
  ),
  -- Each object says what it has taken by now.
  advanced as (
    update reversals
       set taken = changes.target,
           step = changes.step,
           updated_at = clock_timestamp()
      from changes
     where reversals.object_id = changes.object_id
  ),
  -- The wallet, by all of them at once.
  adjusted as (
    update credit_wallets
       set balance = credit_wallets.balance + sums.amount,
           seq = credit_wallets.seq + sums.steps
      from (select sum(amount) as amount, count(*) as steps from changes having count(*) > 0) sums, wallet
     where credit_wallets.user_id = wallet.user_id
  ),
  ${entry({
    id: sql`uuidv7()`,
    user: sql`wallet.user_id`,
    seq: sql`wallet.seq + changes.nth`,
    kind: "refund",
    source: sql`'reversal'`,
    amount: sql`changes.amount`,
    balance: sql`wallet.balance + changes.total`,
    reference: sql`changes.object_id || '#' || changes.step`,
    from: sql`changes, wallet`,
  })},
  ${paymentEvent(slot, "ok", { when: sql`and not exists (select from counted where stale)` })}
select count(*)::int as moved,
       exists (select from counted where stale) as stale
  from changes`,
);

/** The CTEs `bought`, `wallet`, `objects` and `counted`: all that is read, and in which order it is locked. */
function seenUnderLocks(slot: Slots<ApplyReversalsInput>): RawBuilder<unknown> {
  return sql`
  -- Of this statement's snapshot: what the payment bought, and whose wallet that is. A grant never changes.
  bought as (
    select * from ${GRANTED_PAYMENTS} granted where payment_intent = ${slot.payment}::text
  ),
  -- The first lock. Everything below is joined to it.
  wallet as (
    select credit_wallets.user_id, credit_wallets.balance, credit_wallets.seq
      from credit_wallets, bought
     where credit_wallets.user_id = bought.user_id
       for update of credit_wallets
  ),
  -- The payment's refunds and disputes, each as it is once it is locked.
  objects as (
    select known.object_id, known.payment_intent, known.state, known.amount_minor, known.currency,
           known.taken, known.step
      from reversals known, wallet
     where known.payment_intent = ${slot.payment}::text
       for update of known
  ),
  -- Their count, locked last: when it is another one, this statement's snapshot has not got them all.
  counted as (
    select counts.objects <> seen.objects as stale
      from reversal_counts counts, (select count(*) as objects from objects) seen, wallet
     where counts.payment_intent = ${slot.payment}::text
       for update of counts
  )`;
}
