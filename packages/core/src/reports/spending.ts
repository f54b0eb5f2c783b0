// Which credits were spent: bought ones, given ones, or such as nobody had. A rule over each wallet's ledger rows in their order, from the
// first one on, so that it can be computed again at any time and a day that is over never changes (docs/ledger.md).

import { sql, type RawBuilder } from "kysely";
import { createdWithin, dayWithin, type Days } from "../db/days.ts";

/** The CTE `calls`, made of `given`: what the debit of each such turn is the sum of, in order, each with the sum up to it. */
const CALLS = sql`
      -- What such a turn was charged for: its calls, and its tools under its own alias.
      charges as (
        select event.turn_id, event.created_at, event.model_alias, event.credits_charged, event.usd_per_credit,
               0 as kind, event.call_index
          from given
          join llm_call_events as event on event.turn_id = given.turn_id
         union all
        select event.turn_id, event.created_at, turns.model_alias, event.credits_charged, event.usd_per_credit,
               1, event.call_index
          from given
          join tool_call_events as event on event.turn_id = given.turn_id
          join turns on turns.id = event.turn_id
      ),
      -- A turn's debit is the sum of its calls and tools: they share it in their order.
      calls as (
        select event.created_at, event.model_alias, event.credits_charged as charged, event.usd_per_credit,
               given.taken, given.granted, given.unpaid,
               sum(event.credits_charged) over (partition by event.turn_id order by event.kind, event.call_index) as up_to
          from given
          join charges as event on event.turn_id = given.turn_id
      )`;

/**
 * The CTE `spending` (day, model_alias, granted_usd, unpaid_usd) and what it is made of: a row for each call of the range that spent
 * credits which nobody had bought, in USD at the call's own price of a credit. `user` is whose calls; null is everybody's.
 */
export function spending(range: Days, user: string | null): RawBuilder<unknown> {
  return sql`
      -- Whoever was charged in the range. Their ledgers are read from the first row on, nobody else's.
      spenders as (
        select distinct user_id
          from usage_daily
         where credits_charged > 0
           and ${dayWithin(range)}
           and (${user}::text is null or user_id = ${user}::text)
      ),
      -- Each row of the ledger with the credits that could be spent before and after it: below zero there are none.
      movements as (
        select ledger.user_id, ledger.seq, ledger.kind, ledger.source, ledger.reference_id, ledger.created_at,
               -ledger.amount as taken,
               greatest(ledger.balance_after - ledger.amount, 0) as before,
               greatest(ledger.balance_after, 0) as after
          from credit_transactions as ledger
          join spenders on spenders.user_id = ledger.user_id
      ),
      -- The gifts that each row leaves, never more than can be spent. A grant of whatever source but a payment is a gift; a debit takes
      -- gifts first; a refund takes what was bought first, so gifts only go when nothing else is left.
      gifts as (
        select movements.*,
               gifts_left(case when kind = 'debit' or (kind = 'grant' and source <> 'top_up') then -taken else 0 end, after)
                 over (partition by user_id order by seq rows unbounded preceding) as gifts
          from movements
      ),
      -- What a debit took: gifts, then what was bought, then what nobody had.
      debits as (
        select kind, source, reference_id, created_at, taken,
               coalesce(lag(gifts) over (partition by user_id order by seq), 0) - gifts as granted,
               taken - (before - after) as unpaid
          from gifts
      ),
      -- The debits of the range's turns that were not bought altogether.
      given as (
        select reference_id::uuid as turn_id, taken, granted, unpaid
          from debits
         where kind = 'debit'
           and source = 'turn'
           and (granted > 0 or unpaid > 0)
           and ${createdWithin(range)}
      ),
      ${CALLS},
      spending as (
        select (created_at at time zone 'utc')::date as day,
               model_alias,
               greatest(least(up_to, granted) - (up_to - charged), 0) * usd_per_credit as granted_usd,
               greatest(up_to - greatest(up_to - charged, taken - unpaid), 0) * usd_per_credit as unpaid_usd
          from calls
      )`;
}
