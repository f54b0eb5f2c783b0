// Refunds and disputes: first how far along the object is, then what follows from all objects of the payment for the wallet. Each of
// the two is one statement; the second may run as often as it likes, and ends in the same balance whatever the order of events was.

import { sql } from "kysely";
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
};

/** Keeps the furthest state of a refund or dispute, and counts a new one. Moves no money. */
export const recordReversal = prepared<RecordReversalInput, { object_id: string }>(
  "record_reversal",
  (p) => sql`
with r as (insert into reversals as x (object_id, payment_intent, kind, state, rank, amount_minor)
           values (${p.object}::text, ${p.payment}::text, ${p.kind}::text, ${p.state}::text, ${p.rank}::smallint, ${p.amountMinor}::bigint)
           on conflict (object_id) do update
             set state = excluded.state, rank = excluded.rank, amount_minor = excluded.amount_minor, updated_at = clock_timestamp()
             where excluded.rank > x.rank
           returning x.object_id, old.object_id is null as made),
  n as (insert into reversal_counts as c (payment_intent, objects) select ${p.payment}::text, 1 from r where r.made
        on conflict (payment_intent) do update set objects = c.objects + 1)
select object_id from r`,
);

export type ApplyReversalsInput = { payment: string; event: string | null; type: string };

/** States in which an object takes credits back. */
export const TAKING = sql`('pending', 'requires_action', 'succeeded', 'funds_withdrawn', 'lost')`;

/**
 * Moves what every object of the payment has taken to its target, in one ledger row each, what returns before what takes. All of them
 * together take round half up (granted × Σ refunded ÷ amount, 2), never more than the grant; an object's own share is what it adds to
 * those before it, so the sum never depends on the order of events. Wallet first, then the objects, read under their locks, then their
 * count: an object that was recorded while this waited is not among them, and then nothing is done (`stale`: run it again). Not yet
 * granted: nothing is done either, and the grant applies it afterwards. What is written to an object comes from the locked values alone:
 * PostgreSQL first checks constraints on a row made from the snapshot's version, so `x.taken - …` could be refused for a value nobody stores.
 */
export const applyReversals = prepared<ApplyReversalsInput, { moved: number; stale: boolean }>(
  "apply_reversals",
  (p) => sql`
with gr as (select user_id, amount as granted from credit_transactions where kind = 'grant' and source = 'top_up' and reference_id = ${p.payment}::text),
  pay as (select amount_usd * 100 as minor from top_ups where payment_intent = ${p.payment}::text),
  lw as (select w.user_id, w.balance, w.seq from credit_wallets w, gr where w.user_id = gr.user_id for update of w),
  o as (select r.object_id, r.taken, r.step, case when r.state in ${TAKING} then r.amount_minor else 0 end as own
          from reversals r, lw where r.payment_intent = ${p.payment}::text for update of r),
  n as (select c.objects <> seen.objects as stale from reversal_counts c, (select count(*) as objects from o) seen, lw
         where c.payment_intent = ${p.payment}::text for update of c),
  c as (select o.*, sum(own) over (order by object_id) as upto from o where not exists (select from n where stale)),
  g as (select c.object_id, c.taken, c.step,
               least(gr.granted, round(gr.granted * c.upto / pay.minor, 2)) - least(gr.granted, round(gr.granted * (c.upto - c.own) / pay.minor, 2)) as target
          from c, gr, pay),
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
