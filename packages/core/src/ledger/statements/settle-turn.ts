// Settles a turn: the turn, its usage events, its tool events, the debit, the wallet, the ledger row and the daily rollup, together or
// not at all. Answers one row, or none when the turn is no longer ours to settle (settled already, or fenced): then read the turn.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type SettleTurnInput = {
  turn: string;
  user: string;
  attempt: number;
  answer: string;
  providerModel: string;
  /** JSON array of UsageEvent. The debit is the sum of their `credits_charged`, taken here and nowhere else. */
  events: string;
  /** JSON array of ToolEvent. */
  tools: string;
  /** The answer's JSON up to where the wallet's figures begin: `{…,` without the closing brace. */
  body: string;
  lowBalanceThreshold: string;
  requestId: string;
  /** The model was asked with less of the history than the turn was opened with. */
  pruned: boolean;
  /** The prompt's octets to a token where the provider counted them, for the session's next turns. */
  octetsPerToken: string | null;
  /** The most tokens that message and answer can have (metering/token-bound.ts). */
  textBound: number;
};

/** One model call as `llm_call_events` keeps it; decimals as strings. */
export type UsageEvent = {
  id: string;
  call_index: number;
  provider: string;
  model_alias: string;
  provider_model: string;
  provider_request_id: string | null;
  input_tokens_fresh: number;
  input_tokens_cached: number;
  output_tokens: number;
  reasoning_tokens: number;
  total_tokens: number;
  oe_tokens_computed: string;
  multiplier: string;
  weight_fresh: string;
  weight_cached: string;
  weight_output: string;
  oe_per_credit: string;
  provider_cost_usd: string;
  credits_burned: string;
  credits_charged: string;
  /** What the house took over, above the hold. */
  credits_absorbed: string;
  usd_per_credit: string;
  latency_ms: number;
  status: "success" | "partial" | "internal";
  usage_source: "reported" | "estimated";
  pricing_version: string;
  pricing_revision: string;
};

export type ToolEvent = { id: string; call_index: number; tool_name: string; status: "success" | "error"; latency_ms: number };

export type SettleTurnRow = { response_body: string; balance_after: string; charge: string; over_hold: boolean };

/**
 * Wallet first; the turn's status and attempt are the once-guard. The response body is finished here, since only the locked wallet
 * knows `balance_after`: what is stored is what the caller gets, now and on every replay.
 */
export const settleTurn = prepared<SettleTurnInput, SettleTurnRow>(
  "settle_turn",
  (p) => sql`
with lw as (select user_id, balance from credit_wallets where user_id = ${p.user}::text for update),
  n as (select clock_timestamp() as now from lw), -- once the wallet is locked: ledger time follows seq
  e as (select * from jsonb_to_recordset(${p.events}::jsonb) as e (
          id uuid, call_index int, provider text, model_alias text, provider_model text, provider_request_id text, input_tokens_fresh bigint,
          input_tokens_cached bigint, output_tokens bigint, reasoning_tokens bigint, total_tokens bigint, oe_tokens_computed numeric,
          multiplier numeric, weight_fresh numeric, weight_cached numeric, weight_output numeric, oe_per_credit numeric,
          provider_cost_usd numeric, credits_burned numeric, credits_charged numeric, credits_absorbed numeric, usd_per_credit numeric, latency_ms int, status text,
          usage_source text, pricing_version text, pricing_revision bigint)),
  c as (select coalesce(sum(credits_charged), 0)::numeric(18,8) as charge from e),
  t as (update turns
           set status = 'completed', assistant_output = ${p.answer}::text, provider_model = ${p.providerModel}::text, completed_at = n.now,
               balance_after = lw.balance - c.charge, over_hold = c.charge > hold,
               prune_triggered = prune_triggered or ${p.pruned}::boolean, octets_per_token = ${p.octetsPerToken}::numeric,
               text_bound = ${p.textBound}::bigint,
               response_body = ${p.body}::text || '"balance_after":"' || trim_scale(lw.balance - c.charge)::text
                 || '","low_balance":' || (lw.balance - c.charge < ${p.lowBalanceThreshold}::numeric)::text
                 || ',"completed_at":"' || to_char(n.now at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"}'
          from lw, n, c
         where id = ${p.turn}::uuid and turns.user_id = lw.user_id and status = 'running' and attempt = ${p.attempt}::int
        returning id, turns.user_id, session_id, attempt, hold, model_alias, would_refuse, balance_after, response_body, over_hold, c.charge, n.now),
  w as (update credit_wallets x
           set balance = x.balance - t.charge, held = x.held - t.hold, seq = x.seq + (t.charge <> 0)::int
          from t where x.user_id = t.user_id
        returning x.user_id, x.balance, x.seq, t.id as turn_id, t.session_id, t.attempt, t.model_alias, t.would_refuse, t.charge, t.now),
  ev as (insert into llm_call_events (
           id, user_id, session_id, turn_id, attempt, call_index, provider, model_alias, provider_model, provider_request_id, input_tokens_fresh,
           input_tokens_cached, output_tokens, reasoning_tokens, total_tokens, oe_tokens_computed, multiplier, weight_fresh, weight_cached,
           weight_output, oe_per_credit, provider_cost_usd, credits_burned, credits_charged, credits_absorbed, usd_per_credit, latency_ms, status, usage_source,
           pricing_version, pricing_revision, request_id, created_at)
         select e.id, w.user_id, w.session_id, w.turn_id, w.attempt, e.call_index, e.provider, e.model_alias, e.provider_model, e.provider_request_id,
                e.input_tokens_fresh, e.input_tokens_cached, e.output_tokens, e.reasoning_tokens, e.total_tokens, e.oe_tokens_computed,
                e.multiplier, e.weight_fresh, e.weight_cached, e.weight_output, e.oe_per_credit, e.provider_cost_usd, e.credits_burned,
                e.credits_charged, e.credits_absorbed, e.usd_per_credit, e.latency_ms, e.status, e.usage_source, e.pricing_version, e.pricing_revision,
                ${p.requestId}::text, w.now
           from w, e
         returning user_id, model_alias, call_index, status, input_tokens_fresh, input_tokens_cached, output_tokens, credits_burned,
                   credits_charged, provider_cost_usd, usd_per_credit, created_at),
  tl as (insert into tool_call_events (id, user_id, session_id, turn_id, attempt, call_index, tool_name, status, latency_ms, created_at)
         select l.id, w.user_id, w.session_id, w.turn_id, w.attempt, l.call_index, l.tool_name, l.status, l.latency_ms, w.now
           from w, jsonb_to_recordset(${p.tools}::jsonb) as l (id uuid, call_index int, tool_name text, status text, latency_ms int)),
  tx as (insert into credit_transactions (id, user_id, seq, kind, source, amount, balance_after, reference_id, created_at)
         select uuidv7(), w.user_id, w.seq, 'debit', 'turn', -w.charge, w.balance, w.turn_id::text, w.now from w where w.charge <> 0),
  d as (insert into usage_daily as u (day, user_id, model_alias, calls, input_tokens_fresh, input_tokens_cached, output_tokens, credits_burned,
                                      credits_charged, provider_cost_usd, revenue_usd, refused)
        select (ev.created_at at time zone 'utc')::date, ev.user_id, ev.model_alias, count(*) filter (where ev.status <> 'internal'),
               coalesce(sum(ev.input_tokens_fresh) filter (where ev.status <> 'internal'), 0),
               coalesce(sum(ev.input_tokens_cached) filter (where ev.status <> 'internal'), 0),
               coalesce(sum(ev.output_tokens) filter (where ev.status <> 'internal'), 0),
               sum(ev.credits_burned), sum(ev.credits_charged), sum(ev.provider_cost_usd), sum(ev.credits_charged * ev.usd_per_credit),
               bool_or(w.would_refuse and ev.model_alias = w.model_alias)::int -- once a turn, whatever calls it made
          from ev, w group by 1, 2, 3 order by 3
        on conflict (day, user_id, model_alias) do update
          set calls = u.calls + excluded.calls, input_tokens_fresh = u.input_tokens_fresh + excluded.input_tokens_fresh,
              input_tokens_cached = u.input_tokens_cached + excluded.input_tokens_cached, output_tokens = u.output_tokens + excluded.output_tokens,
              credits_burned = u.credits_burned + excluded.credits_burned, credits_charged = u.credits_charged + excluded.credits_charged,
              provider_cost_usd = u.provider_cost_usd + excluded.provider_cost_usd, revenue_usd = u.revenue_usd + excluded.revenue_usd, refused = u.refused + excluded.refused)
select t.response_body, t.balance_after, t.charge, t.over_hold from t, w`,
);
