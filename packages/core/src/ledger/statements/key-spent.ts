// What an API key has spent: a part of the statement that settles a turn.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";

/** The CTE `used`, made of `debit`: the sums of the key's row, in all and of the day and month (UTC) of its last use. No row without a key. */
export function keySpent(slot: Slots<{ apiKey: string | null }>): RawBuilder<unknown> {
  return sql`
  -- What the key has spent follows what was charged. Revoked or not: the turn was opened while it was good.
  used as (
    update api_keys
       set spent = api_keys.spent + debit.charge,
           spent_that_day = debit.charge
             + case when api_keys.last_used_on = (debit.now at time zone 'utc')::date
                    then api_keys.spent_that_day else 0 end,
           spent_that_month = debit.charge
             + case when date_trunc('month', api_keys.last_used_on::timestamp)
                         = date_trunc('month', debit.now at time zone 'utc')
                    then api_keys.spent_that_month else 0 end,
           last_used_on = (debit.now at time zone 'utc')::date
      from debit
     where api_keys.id = ${slot.apiKey}::uuid
  )`;
}
