// The usage of a day, which the reports are read from: a part of the statement that settles a turn.

import { sql } from "kysely";

/** The CTE `rollup`, made of `events` and `debit`: a row a day, user and alias. What the house calls for itself counts as cost alone. */
export const ROLLUP = sql`
  -- One row a day and alias, whatever the number of calls: one statement cannot upsert two rows of one key.
  -- Ordered, so that two statements lock the rows of a day in one order.
  rollup as (
    insert into usage_daily as known (day, user_id, model_alias, calls, input_tokens_fresh,
                                      input_tokens_cached, output_tokens, credits_burned, credits_charged,
                                      provider_cost_usd, revenue_usd, refused)
    select (events.created_at at time zone 'utc')::date,
           events.user_id,
           events.model_alias,
           count(*) filter (where events.status <> 'internal'),
           coalesce(sum(events.input_tokens_fresh) filter (where events.status <> 'internal'), 0),
           coalesce(sum(events.input_tokens_cached) filter (where events.status <> 'internal'), 0),
           coalesce(sum(events.output_tokens) filter (where events.status <> 'internal'), 0),
           sum(events.credits_burned),
           sum(events.credits_charged),
           sum(events.provider_cost_usd),
           sum(events.credits_charged * events.usd_per_credit),
           -- Once a turn, whatever calls it made.
           bool_or(debit.would_refuse and events.model_alias = debit.model_alias)::int
      from events, debit
     group by 1, 2, 3
     order by 3
    on conflict (day, user_id, model_alias) do update
      set calls = known.calls + excluded.calls,
          input_tokens_fresh = known.input_tokens_fresh + excluded.input_tokens_fresh,
          input_tokens_cached = known.input_tokens_cached + excluded.input_tokens_cached,
          output_tokens = known.output_tokens + excluded.output_tokens,
          credits_burned = known.credits_burned + excluded.credits_burned,
          credits_charged = known.credits_charged + excluded.credits_charged,
          provider_cost_usd = known.provider_cost_usd + excluded.provider_cost_usd,
          revenue_usd = known.revenue_usd + excluded.revenue_usd,
          refused = known.refused + excluded.refused
  )`;
