// Histories on any days: usage events with their rollup by one statement, and the turns, wallets and debits that belong to them. Settle
// itself always writes at this moment, so a past can only be made like this; `checkInvariants` says whether it is one that settle could
// have written.

import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Schema } from "@pantheon/core/db/schema/schema.ts";

/** One model call of a turn. Calls of one turn share `turn`, user and time; call 0 carries whether the turn would have been refused. */
export type SeedCall = {
  turn: string;
  call_index: number;
  user_id: string;
  model_alias: string;
  provider_model: string;
  provider_request_id: string | null;
  /** When it was settled, with microseconds. */
  at: string;
  /** When its id was minted: about then. */
  minted: string;
  fresh: number;
  cached: number;
  output: number;
  multiplier: string;
  usd_per_credit: string;
  provider_cost_usd: string;
  status: "success" | "partial" | "internal";
  refused: boolean;
};

type CallNamed = Pick<SeedCall, "turn" | "user_id" | "at">;

/** A call without tokens at multiplier 1 and 0.03 USD a credit, for which the provider asks 0.01 USD; `more` says what is different. */
export function seedCall(named: CallNamed, more: Partial<SeedCall> = {}): SeedCall {
  const tokens = { fresh: 0, cached: 0, output: 0 };
  const price = { multiplier: "1", usd_per_credit: "0.03", provider_cost_usd: "0.01" };
  const names = { model_alias: "default", provider_model: "m", provider_request_id: null, status: "success" as const };
  return { ...named, call_index: 0, minted: named.at, refused: false, ...tokens, ...price, ...names, ...more };
}

/** These calls as a relation. */
export function listedCalls(calls: readonly SeedCall[]): RawBuilder<unknown> {
  return sql`select * from jsonb_to_recordset(${JSON.stringify(calls)}::jsonb) as c (
    turn text, call_index int, user_id text, model_alias text, provider_model text, provider_request_id text, at timestamptz, minted timestamptz,
    fresh bigint, cached bigint, output bigint, multiplier numeric, usd_per_credit numeric, provider_cost_usd numeric, status text, refused boolean)`;
}

/**
 * `count` calls, numbered from `first`, spread evenly over `users` users, the aliases and `days` days from `day` on: the rollup has the
 * same rows for every count that is large enough. Every call has the same tokens.
 */
export function spreadCalls(spread: {
  first: number;
  count: number;
  users: number;
  days: number;
  day: string;
  aliases: readonly string[];
}): RawBuilder<unknown> {
  const { first, count, users, days, day, aliases } = spread;
  return sql`
    select n::text as turn, 0 as call_index, 'user-' || n % ${users}::int as user_id, (${aliases}::text[])[1 + n / ${users}::int % ${aliases.length}::int] as model_alias,
           'provider/model' as provider_model, null::text as provider_request_id, at, at as minted, 120::bigint as fresh, 30::bigint as cached, 80::bigint as output,
           1.5 as multiplier, 0.03 as usd_per_credit, 0.00012345 as provider_cost_usd, 'success' as status, n % 1000 = 0 as refused
      from (select n, (${day}::date + (n / ${users * aliases.length}::int % ${days}::int)::int)::timestamp at time zone 'utc' + n % 86400 * interval '1 second' as at
              from generate_series(${first}::bigint, ${first + count - 1}::bigint) n) g`;
}

/** Writes the events and adds them to the rollup, in one statement, and lets the planner know. A call's charge is rounded once from the exact value, as in settle. */
export async function seedEvents(db: Kysely<Schema>, calls: RawBuilder<unknown>): Promise<void> {
  await sql`
    with c as materialized (
      select *, fresh * 0.35 + cached * 0.1 + output as oe,
             case when status = 'internal' then 0 else (fresh * 0.35 + cached * 0.1 + output) * multiplier / 10000 end as credits from (${calls}) given),
      ev as (
        insert into llm_call_events (
          id, user_id, session_id, turn_id, attempt, call_index, provider, model_alias, provider_model, provider_request_id, input_tokens_fresh,
          input_tokens_cached, output_tokens, reasoning_tokens, total_tokens, oe_tokens_computed, multiplier, weight_fresh, weight_cached, weight_output,
          oe_per_credit, provider_cost_usd, credits_burned, credits_charged, usd_per_credit, latency_ms, status, usage_source, pricing_version,
          pricing_revision, request_id, created_at)
        select uuidv7(minted - clock_timestamp()), user_id, md5(user_id)::uuid, md5(turn)::uuid, 1, call_index, 'openrouter', model_alias, provider_model,
               provider_request_id, fresh, cached, output, 0, fresh + cached + output, oe, multiplier, 0.35, 0.1, 1, 10000, provider_cost_usd,
               round(credits, 4), round(credits, 8), usd_per_credit, 12, status, 'reported', '2026-02-20', 1,
               case when refused then 'seed refused' else 'seed' end, at from c)
    insert into usage_daily as u (day, user_id, model_alias, calls, input_tokens_fresh, input_tokens_cached, output_tokens, credits_burned,
                                  credits_charged, provider_cost_usd, revenue_usd, refused)
    select (at at time zone 'utc')::date, user_id, model_alias, count(*) filter (where status <> 'internal'),
           coalesce(sum(fresh) filter (where status <> 'internal'), 0), coalesce(sum(cached) filter (where status <> 'internal'), 0),
           coalesce(sum(output) filter (where status <> 'internal'), 0), sum(round(credits, 4)), sum(round(credits, 8)), sum(provider_cost_usd),
           sum(round(credits, 8) * usd_per_credit), count(*) filter (where call_index = 0 and refused)
      from c group by 1, 2, 3
        on conflict (day, user_id, model_alias) do update
           set calls = u.calls + excluded.calls, input_tokens_fresh = u.input_tokens_fresh + excluded.input_tokens_fresh,
               input_tokens_cached = u.input_tokens_cached + excluded.input_tokens_cached, output_tokens = u.output_tokens + excluded.output_tokens,
               credits_burned = u.credits_burned + excluded.credits_burned, credits_charged = u.credits_charged + excluded.credits_charged,
               provider_cost_usd = u.provider_cost_usd + excluded.provider_cost_usd, revenue_usd = u.revenue_usd + excluded.revenue_usd,
               refused = u.refused + excluded.refused`.execute(db);
  await sql`analyze llm_call_events, usage_daily`.execute(db); // as the server does by itself a little later
}

/**
 * Gives every user of the events what their turns left behind: the account, a session, its completed turns with their responses, the
 * debits and the wallet, which begins at zero and so ends in debt. For users who have none of it yet. `texts` are what was said in every
 * turn. Whether a turn would have been refused is no column of its events: their request id says it.
 */
export async function seedLedger(
  db: Kysely<Schema>,
  texts: { question: string; answer: string } = { question: "q", answer: "a" },
): Promise<void> {
  await sql`
    with t as (
      select user_id, session_id, turn_id, created_at as at, sum(credits_charged) as charge, (array_agg(model_alias order by call_index))[1] as model_alias,
             bool_or(call_index = 0 and request_id = 'seed refused') as refused
        from llm_call_events group by 1, 2, 3, 4),
      n as (
        select t.*, row_number() over w as turn_index, -sum(charge) over w as balance_after, count(*) filter (where charge <> 0) over w as seq
          from t window w as (partition by user_id order by at, turn_id)),
      u as (insert into users (id, created_at) select user_id, min(at) from n group by 1),
      s as (insert into sessions (id, user_id, created_at) select session_id, user_id, min(at) from n group by 1, 2),
      x as (
        insert into turns (id, session_id, user_id, status, turn_index, user_input, assistant_output, model_alias, created_at, completed_at, lease_until,
                           max_output_tokens, provider_model, pricing_version, pricing_revision, hold, would_refuse, balance_after, response_body)
        select turn_id, session_id, user_id, 'completed', turn_index, ${texts.question}::text, ${texts.answer}::text, model_alias, at, at, at,
               1, 'm', '2026-02-20', 1, charge, refused, balance_after,
               (select row_to_json(r) from (
                  select turn_id as id, session_id, turn_index, ${texts.question}::text as user_input, ${texts.answer}::text as assistant_output,
                         'completed' as status, model_alias as model_alias_used, 'm' as provider_model, '2026-02-20' as pricing_version,
                         trim_scale(charge)::text as credits_charged, false as prune_triggered,
                         to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at,
                         trim_scale(balance_after)::text as balance_after,
                         to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as completed_at) r)
          from n),
      w as (
        insert into credit_wallets (user_id, balance, seq)
        select distinct on (user_id) user_id, balance_after, seq from n order by user_id, turn_index desc)
    insert into credit_transactions (user_id, seq, kind, source, amount, balance_after, reference_id, created_at)
    select user_id, seq, 'debit', 'turn', -charge, balance_after, turn_id::text, at from n where charge <> 0`.execute(db);
}
