// What an API key has spent: a part of the statement that settles a turn.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";

/** The CTE `used`, made of `debit`: the sums of the key's row, in all and of the day and month (UTC) of its last use. No row without a key. */
export function keySpent(slot: Slots<{ apiKey: string | null }>): RawBuilder<unknown> {
  return sql`
  -- What the key has spent follows what was charged. Revoked or not: the turn was opened while it was good.
  -- A key that acts for several wallets may have been used on a later day already, by a turn whose wallet was
  -- free sooner: the sums of its row are of that day and its month.
  used as (
    update api_keys
       set spent = api_keys.spent + debit.charge,
           spent_that_day = case when api_keys.last_used_on > today.day then api_keys.spent_that_day
                                 when api_keys.last_used_on = today.day
                                 then api_keys.spent_that_day + debit.charge
                                 else debit.charge end,
           spent_that_month = case when date_trunc('month', api_keys.last_used_on::timestamp) > today.month
                                   then api_keys.spent_that_month
                                   when date_trunc('month', api_keys.last_used_on::timestamp) = today.month
                                   then api_keys.spent_that_month + debit.charge
                                   else debit.charge end,
           last_used_on = greatest(api_keys.last_used_on, today.day)
      from debit,
           lateral (select (debit.now at time zone 'utc')::date as day,
                           date_trunc('month', debit.now at time zone 'utc') as month) as today
     where api_keys.id = ${slot.apiKey}::uuid
  )`;
}
