// Refunds and disputes: first how far along the object is, then what follows from all objects of the payment for the wallet. Each of
// the two is one statement; the second may run as often as it likes, and ends in the same balance whatever the order of events was.

import { sql, type RawBuilder } from "kysely";
import { prepared } from "../../db/prepared.ts";
import type { ReversalKind } from "@pantheon/contract/vocabulary.ts";

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
  recorded as (
    insert into reversals as known (object_id, payment_intent, kind, state, rank, amount_minor, currency, told_at)
    values (${slot.object}::text, ${slot.payment}::text, ${slot.kind}::text, ${slot.state}::text, ${slot.rank}::smallint,
            ${slot.amountMinor}::bigint, ${slot.currency}::text, date_trunc('second', ${slot.at}::timestamptz))
    on conflict (object_id) do update
      set state = excluded.state, rank = excluded.rank, amount_minor = excluded.amount_minor, told_at = excluded.told_at,
          checked_at = clock_timestamp(), updated_at = clock_timestamp()
      where (known.payment_intent, known.kind, known.currency) = (excluded.payment_intent, excluded.kind, excluded.currency)
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

/** What was paid, in the minor units that its refunds are counted in: as the payment provider said it, where that is not the top-up's own. */
const PAID_MINOR = sql`greatest(coalesce(t.received_minor, t.amount_usd * 100), 1)`;

export type ApplyReversalsInput = { payment: string; event: string | null; type: string };

/** States in which an object takes credits back, if it is in the currency of its payment: another currency's figure says nothing here. */
const TAKING = sql`('pending', 'requires_action', 'succeeded', 'funds_withdrawn', 'lost')`;

/** The currency a payment was received in: as the payment provider said it, where that is not the top-up's own. */
export const PAID_CURRENCY = sql<string>`lower(coalesce(t.received_currency, t.currency))`;

/** What each granted payment bought: who got how many credits for how much, and when. One row a payment. */
export const GRANTED_PAYMENTS = sql`
  (select g.reference_id as payment_intent, g.user_id, g.amount as granted, g.created_at as granted_at,
          ${PAID_MINOR} as minor, ${PAID_CURRENCY} as paid_currency
     from credit_transactions g
     join top_ups t on t.payment_intent = g.reference_id
    where g.kind = 'grant'
      and g.source = 'top_up')`;

/**
 * A `select` of `objects` (rows of `reversals`) beside what their payment bought (rows of `GRANTED_PAYMENTS`), and the `target` of each:
 * the credits that it has to have taken. The objects of a payment take together round half up (granted × Σ refunded ÷ paid, 2), and never
 * more than was granted; an object's own share is what it adds to those before it, so the sum never depends on the order of events. What
 * is not granted yet has no row. This is the one place where the formula stands (docs/ledger.md).
 */
export function reversalTargets(objects: RawBuilder<unknown>, bought: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  select *, ${shareOf(sql`upto`)} - ${shareOf(sql`(upto - own)`)} as target
    from (
      select *, sum(own) over (partition by payment_intent order by object_id) as upto
        from (
          select *, case when state in ${TAKING} and currency = paid_currency then amount_minor else 0 end as own
            from ${objects} r
            join ${bought} b using (payment_intent)) o) c`;
}

/** Credits for so many refunded cents of a payment. */
function shareOf(refunded: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`least(granted, round(granted * ${refunded} / minor, 2))`;
}

/**
 * Moves what every object of the payment has taken to its target, in one ledger row each, what returns before what takes. Wallet first,
 * then the objects, read under their locks, then their count: an object that was recorded while this waited is not among them, and then
 * nothing is done (`stale`: run it again). Not yet granted: nothing is done either, and the grant applies it afterwards. What is written to an object comes from the locked values alone:
 * PostgreSQL first checks constraints on a row made from the snapshot's version, so `x.taken - …` could be refused for a value nobody stores.
 */
export const applyReversals = prepared<ApplyReversalsInput, { moved: number; stale: boolean }>(
  "apply_reversals",
  (p) => sql`
with gr as (select * from ${GRANTED_PAYMENTS} b where payment_intent = ${p.payment}::text),
  lw as (select w.user_id, w.balance, w.seq from credit_wallets w, gr where w.user_id = gr.user_id for update of w),
  o as (select r.object_id, r.payment_intent, r.state, r.amount_minor, r.currency, r.taken, r.step
          from reversals r, lw where r.payment_intent = ${p.payment}::text for update of r),
  n as (select c.objects <> seen.objects as stale from reversal_counts c, (select count(*) as objects from o) seen, lw
         where c.payment_intent = ${p.payment}::text for update of c),
  g as (${reversalTargets(sql`(select * from o where not exists (select from n where stale))`, sql`gr`)}),
  ch as (select object_id, step + 1 as step, target, taken - target as amount, row_number() over in_order as nth, sum(taken - target) over in_order as total
           from g where target <> taken window in_order as (order by taken - target desc, object_id)),
  u as (update reversals x set taken = ch.target, step = ch.step, updated_at = clock_timestamp() from ch where x.object_id = ch.object_id),
  w as (update credit_wallets x set balance = x.balance + s.amount, seq = x.seq + s.steps
          from (select sum(amount) as amount, count(*) as steps from ch having count(*) > 0) s, lw where x.user_id = lw.user_id),
  tx as (insert into credit_transactions (id, user_id, seq, kind, source, amount, balance_after, reference_id, created_at)
         select uuidv7(), lw.user_id, lw.seq + ch.nth, 'refund', 'reversal', ch.amount, lw.balance + ch.total, ch.object_id || '#' || ch.step, clock_timestamp()
           from ch, lw),
  e as (insert into stripe_events (id, type, payment_intent, outcome)
        select ${p.event}::text, ${p.type}::text, ${p.payment}::text, 'ok'
         where ${p.event}::text is not null and not exists (select from n where stale)
        on conflict (id) do nothing)
select count(*)::int as moved, exists (select from n where stale) as stale from ch`,
);
