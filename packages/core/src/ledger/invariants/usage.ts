// Invariants of usage events and their rollup: every charge computed again, every event of its turn, every day the sum of its events.

import { sql } from "kysely";
import type { Invariant } from "./invariant.ts";

export const USAGE: readonly Invariant[] = [
  {
    name: "recomputed",
    promise: "every charge can be computed again from its own row (or is what was stated there), with what the house took over",
    broken: sql`
      select id::text as row from llm_call_events
       where credits_charged + credits_absorbed <> case when status = 'internal' then 0 else coalesce(stated_credits, round(
               (input_tokens_fresh * weight_fresh + input_tokens_cached * weight_cached + output_tokens * weight_output)
               * multiplier / oe_per_credit, 8)) end`,
  },
  {
    name: "absorbed",
    promise: "the house takes over nothing but what is above a hold",
    broken: sql`
      select t.id::text as row
        from (select turn_id, credits_absorbed, credits_charged from llm_call_events
              union all
              select turn_id, credits_absorbed, credits_charged from tool_call_events) e
        join turns t on t.id = e.turn_id
       group by t.id
      having sum(e.credits_absorbed) > 0 and sum(e.credits_charged) <> t.hold`,
  },
  {
    name: "event",
    promise: "an event's person, session, attempt, price and time are its turn's",
    broken: sql`
      select e.id::text as row from llm_call_events e
        join turns t on t.id = e.turn_id
       where t.status = 'completed'
         and (e.user_id, e.session_id, e.attempt, e.pricing_version, e.pricing_revision, e.created_at)
             is distinct from (t.user_id, t.session_id, t.attempt, t.pricing_version, t.pricing_revision, t.completed_at)
      union all
      select e.id::text from tool_call_events e
        join turns t on t.id = e.turn_id
       where (t.status, t.user_id, t.session_id, t.attempt, t.completed_at)
             is distinct from ('completed', e.user_id, e.session_id, e.attempt, e.created_at)`,
  },
  {
    name: "rollup",
    promise: "the daily rollup is the sum of its events",
    broken: sql`
      select concat_ws(' ', day, user_id, model_alias) as row from (
        select (created_at at time zone 'utc')::date as day, user_id, model_alias,
               count(*) filter (where status <> 'internal') as calls,
               sum(credits_burned) as burned, sum(credits_charged) as charged, sum(provider_cost_usd) as cost,
               sum(credits_charged * usd_per_credit) as revenue,
               coalesce(sum(input_tokens_fresh) filter (where status <> 'internal'), 0) as fresh,
               coalesce(sum(input_tokens_cached) filter (where status <> 'internal'), 0) as cached,
               coalesce(sum(output_tokens) filter (where status <> 'internal'), 0) as output
          from (select created_at, user_id, model_alias, status, credits_burned, credits_charged, provider_cost_usd,
                       usd_per_credit, input_tokens_fresh, input_tokens_cached, output_tokens
                  from llm_call_events
                 union all
                -- What a tool is charged counts under its turn's alias, and as nothing else.
                select u.created_at, u.user_id, t.model_alias, 'internal', round(u.credits_charged, 4), u.credits_charged,
                       0, u.usd_per_credit, 0, 0, 0
                  from tool_call_events u
                  join turns t on t.id = u.turn_id
                 where u.credits_charged > 0) calls
         group by 1, 2, 3) e
        full join usage_daily d using (day, user_id, model_alias)
       where (e.calls, e.burned, e.charged, e.cost, e.revenue, e.fresh, e.cached, e.output)
             is distinct from
             (d.calls, d.credits_burned, d.credits_charged, d.provider_cost_usd, d.revenue_usd,
              d.input_tokens_fresh, d.input_tokens_cached, d.output_tokens)`,
  },
  {
    name: "refused",
    promise: "the rollup counts as refused the completed turns that enforcement would have refused",
    broken: sql`
      select concat_ws(' ', day, user_id, model_alias) as row from (
        select (t.completed_at at time zone 'utc')::date as day, t.user_id, t.model_alias, count(*) as turns
          from turns t
         where t.would_refuse
           and t.status = 'completed'
         group by 1, 2, 3) r
        full join usage_daily d using (day, user_id, model_alias)
       where coalesce(r.turns, 0) <> coalesce(d.refused, 0)`,
  },
  {
    name: "totals",
    promise: "the totals of a day are the sums of everybody's, and no day before the last of them is left out",
    broken: sql`
      select concat_ws(' ', day, model_alias) as row from (
        select day, model_alias, sum(calls) as calls, sum(input_tokens_fresh) as fresh, sum(input_tokens_cached) as cached,
               sum(output_tokens) as output, sum(credits_burned) as burned, sum(credits_charged) as charged,
               sum(provider_cost_usd) as cost, sum(revenue_usd) as revenue, sum(refused) as refused
          from usage_daily
         where day <= (select max(day) from usage_totals)
         group by 1, 2) d
        full join usage_totals t using (day, model_alias)
       where (d.calls, d.fresh, d.cached, d.output, d.burned, d.charged, d.cost, d.revenue, d.refused)
             is distinct from
             (t.calls, t.input_tokens_fresh, t.input_tokens_cached, t.output_tokens, t.credits_burned, t.credits_charged,
              t.provider_cost_usd, t.revenue_usd, t.refused)`,
  },
];
