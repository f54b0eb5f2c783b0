// Invariants of payments: what was granted for them, and what refunds and disputes took back.

import { sql } from "kysely";
import { GRANTED_PAYMENTS, reversalTargets } from "../statements/reversal-target.ts";
import type { Invariant } from "./invariant.ts";

export const PAYMENTS: readonly Invariant[] = [
  {
    name: "top_up",
    promise: "a top-up has succeeded when its payment was granted, once, and for the credits it names",
    broken: sql`
      select t.id::text as row from top_ups t
        left join credit_transactions g on g.kind = 'grant' and g.source = 'top_up' and g.reference_id = t.payment_intent
       where t.status <> 'quarantined'
         and ((t.status = 'succeeded') <> (g.id is not null) or g.amount <> t.credits_to_grant)
      union all
      select g.id::text from credit_transactions g
       where g.kind = 'grant'
         and g.source = 'top_up'
         and not exists (select from top_ups t where t.payment_intent = g.reference_id)`,
  },
  {
    name: "quarantine",
    promise: "a payment in quarantine has no grant",
    broken: sql`
      select t.id::text as row from top_ups t
        join credit_transactions g on g.kind = 'grant' and g.reference_id = t.payment_intent
       where t.status = 'quarantined'`,
  },
  {
    name: "person",
    promise: "a top-up, its grant, and what was taken back of it are one person's",
    broken: sql`
      select t.id::text as row from top_ups t
        join credit_transactions g on g.kind = 'grant' and g.source = 'top_up' and g.reference_id = t.payment_intent
       where g.user_id <> t.user_id
      union all
      select l.id::text from credit_transactions l
        join reversals r on r.object_id = split_part(l.reference_id, '#', 1)
        join credit_transactions g on g.kind = 'grant' and g.reference_id = r.payment_intent
       where l.source = 'reversal'
         and l.user_id <> g.user_id`,
  },
  {
    name: "slot",
    promise: "a top-up has a slot only while it is open",
    broken: sql`
      select id::text as row from top_ups
       where slot is not null
         and status not in ('created', 'pending', 'processing', 'failed')`,
  },
  {
    name: "reversal",
    promise: "what a refund or dispute has taken is the sum of its ledger rows, and all of a payment together no more than its grant",
    broken: sql`
      select object_id as row from reversals r
        left join (
          select split_part(reference_id, '#', 1) as object_id, -sum(amount) as taken
            from credit_transactions
           where source = 'reversal'
           group by 1) l using (object_id)
       where r.taken <> coalesce(l.taken, 0)
      union all
      select s.payment_intent from (select payment_intent, sum(taken) as taken from reversals group by payment_intent) s
        left join credit_transactions g on g.kind = 'grant' and g.reference_id = s.payment_intent
       where s.taken > coalesce(g.amount, 0)`,
  },
  {
    name: "step",
    promise: "a refund's or dispute's ledger rows are numbered from 1 up to its step without gaps",
    broken: sql`
      select object_id as row from (
        select split_part(reference_id, '#', 1) as object_id, count(*) as rows,
               count(distinct number) as numbers, min(number) as first, max(number) as last
          from (select reference_id, substring(reference_id from '#([0-9]{1,9})$')::int as number
                  from credit_transactions
                 where source = 'reversal') s
         group by 1) l
        full join reversals r using (object_id)
       where (coalesce(l.rows, 0), coalesce(l.numbers, 0), coalesce(l.last, 0), coalesce(l.first, 1))
             is distinct from (r.step::bigint, r.step::bigint, r.step, 1)`,
  },
  {
    // Old enough means all of it: the newest word about any object of the payment, and its grant.
    name: "target",
    promise: "an hour later at most, every refund and dispute of a granted payment has taken its share, and no other amount",
    broken: sql`
      select object_id as row from (
        select object_id, taken, target, greatest(granted_at, max(updated_at) over (partition by payment_intent)) as since
          from (${reversalTargets(sql`reversals`, GRANTED_PAYMENTS)}) t) s
       where taken <> target
         and since < statement_timestamp() - (select booking from patience)`,
  },
  {
    name: "objects",
    promise: "a payment's refunds and disputes are as many as are counted for it",
    broken: sql`
      select payment_intent as row from (select payment_intent, count(*) as objects from reversals group by payment_intent) r
        full join reversal_counts c using (payment_intent)
       where r.objects is distinct from c.objects`,
  },
  {
    name: "reversal_waits",
    promise: "Stripe was asked about every open refund or dispute of our payments within the last two days",
    broken: sql`
      select r.object_id as row from reversals r
       where r.state in ('pending', 'requires_action', 'created', 'funds_withdrawn', 'funds_reinstated')
         and r.checked_at < clock_timestamp() - interval '2 days'
         and exists (select from top_ups t where t.payment_intent = r.payment_intent)`,
  },
];
