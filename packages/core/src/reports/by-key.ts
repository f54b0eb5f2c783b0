// What was used with API keys. The daily rollup knows no keys, so this is read from the calls themselves, over the indexes of a wallet's and
// of a key's calls: it costs what lies in the range, which is therefore bounded where everybody may ask.

import { sql, type RawBuilder } from "kysely";
import { createdWithin, type Days } from "../db/days.ts";

/** Whose calls, of which key: null is of every one. One of the two is given. */
export type KeyedUse = { readonly user: string | null; readonly key: string | null; readonly range: Days };

/** A table in the columns of `usage_daily`, and `api_key_id`, null for calls without a key. Summed, it is what the rollup has. */
export function usedByKey({ user, key, range }: KeyedUse): RawBuilder<unknown> {
  const ofUser = user === null ? sql`true` : sql`user_id = ${user}::text`;
  // Calls of the house have a cost and nothing else; the index of a wallet's calls leaves them out.
  const ofKey = key === null ? sql`status <> 'internal'` : sql`api_key_id = ${key}::text`;
  return sql`(
    with
      called as (
        select event.*, turns.model_alias as turn_alias, turns.would_refuse
          from (select * from llm_call_events where ${ofUser} and ${ofKey} and ${createdWithin(range)}) as event
               join turns on turns.id = event.turn_id
      )
    select ${DAY} as day, user_id, model_alias, api_key_id,
           (status <> 'internal')::int as calls,
           case when status = 'internal' then 0 else input_tokens_fresh end as input_tokens_fresh,
           case when status = 'internal' then 0 else input_tokens_cached end as input_tokens_cached,
           case when status = 'internal' then 0 else output_tokens end as output_tokens,
           credits_burned, credits_charged, provider_cost_usd, 0 as refused
      from called
     union all
    select ${DAY}, used.user_id, turn.turn_alias, turn.api_key_id,
           0, 0, 0, 0, round(used.credits_charged, 4), used.credits_charged, 0, 0
      from (select distinct turn_id, attempt, turn_alias, api_key_id from called) as turn
           join tool_call_events as used on used.turn_id = turn.turn_id and used.attempt = turn.attempt
     union all
    -- Once a turn, whatever calls it made.
    select (min(created_at) at time zone 'utc')::date, user_id, turn_alias, api_key_id, 0, 0, 0, 0, 0, 0, 0, 1
      from called
     where would_refuse
     group by turn_id, user_id, turn_alias, api_key_id
  )`;
}

const DAY = sql`(created_at at time zone 'utc')::date`;
