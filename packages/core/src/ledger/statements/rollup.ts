// The usage of a day, which the reports are read from: a part of the statement that settles a turn.

import { sql } from "kysely";

/**
 * The CTE `rollup`, made of `events`, `tools` and `debit`: a row a day, user and alias. What the house calls for itself counts as cost alone,
 * and what a tool is charged as a charge of the turn's alias alone.
 */
export const ROLLUP = sql`
  -- What was charged for: each call, and each use of a tool under the alias of its turn.
  spent as (
    select user_id, model_alias, status <> 'internal' as counts, input_tokens_fresh, input_tokens_cached,
           output_tokens, credits_burned, credits_charged, provider_cost_usd, usd_per_credit, created_at
      from events
     union all
    select tools.user_id, debit.model_alias, false, 0, 0,
           0, round(tools.credits_charged, 4), tools.credits_charged, 0, tools.usd_per_credit,
           tools.created_at
      from tools, debit
  ),
  -- One row a day and alias, whatever the number of calls: one statement cannot upsert two rows of one key.
  -- Ordered, so that two statements lock the rows of a day in one order.
  rollup as (
    insert into usage_daily as known (day, user_id, model_alias, calls, input_tokens_fresh,
                                      input_tokens_cached, output_tokens, credits_burned, credits_charged,
                                      provider_cost_usd, revenue_usd, refused)
    select (spent.created_at at time zone 'utc')::date,
           spent.user_id,
           spent.model_alias,
           count(*) filter (where spent.counts),
           coalesce(sum(spent.input_tokens_fresh) filter (where spent.counts), 0),
           coalesce(sum(spent.input_tokens_cached) filter (where spent.counts), 0),
           coalesce(sum(spent.output_tokens) filter (where spent.counts), 0),
           sum(spent.credits_burned),
           sum(spent.credits_charged),
           sum(spent.provider_cost_usd),
           sum(spent.credits_charged * spent.usd_per_credit),
           -- Once a turn, whatever calls it made.
           bool_or(debit.would_refuse and spent.model_alias = debit.model_alias)::int
      from spent, debit
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
