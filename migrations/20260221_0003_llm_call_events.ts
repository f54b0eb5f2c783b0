// One row per model call: every figure that its charge was computed from, so that the row alone recomputes it.
// Append-only (20261120_0023), and without foreign keys: a row that stays for ever must not pin one that may be erased.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await events(db);
  // A user's list, newest first. The events of one turn are found by llm_call_events_call.
  await sql`
    create index llm_call_events_user on llm_call_events (user_id, created_at desc, id desc) where status <> 'internal'
  `.execute(db);
}

async function events(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table llm_call_events (
      id                  uuid primary key default uuidv7(),
      user_id             text not null,
      session_id          uuid not null,
      turn_id             uuid not null,
      attempt             int not null,
      call_index          int not null,
      provider            text not null,
      model_alias         text not null,
      provider_model      text not null,
      provider_request_id text,
      input_tokens_fresh  bigint not null,
      input_tokens_cached bigint not null,
      output_tokens       bigint not null,
      reasoning_tokens    bigint not null,
      total_tokens        bigint not null,
      oe_tokens_computed  numeric(20,4) not null,
      multiplier          numeric(10,4) not null,
      weight_fresh        numeric(10,4) not null,
      weight_cached       numeric(10,4) not null,
      weight_output       numeric(10,4) not null,
      oe_per_credit       numeric(12,4) not null,
      provider_cost_usd   numeric(20,8) not null,
      credits_burned      numeric(20,4) not null,
      credits_charged     numeric(18,8) not null,
      usd_per_credit      numeric(18,8) not null,
      latency_ms          int not null,
      status              text not null,
      usage_source        text not null,
      pricing_version     text not null,
      pricing_revision    bigint not null,
      request_id          text,
      api_key_id          text,
      created_at          timestamptz not null default clock_timestamp(),

      constraint llm_call_events_call unique (turn_id, attempt, call_index),
      constraint llm_call_events_attempt check (attempt >= 1),
      constraint llm_call_events_call_index check (call_index >= 0),
      constraint llm_call_events_latency check (latency_ms >= 0),
      constraint llm_call_events_status_known check (status in ('success', 'partial', 'internal')),
      constraint llm_call_events_usage_source_known check (usage_source in ('reported', 'estimated')),
      constraint llm_call_events_tokens check (
        input_tokens_fresh >= 0 and input_tokens_cached >= 0 and output_tokens >= 0 and reasoning_tokens >= 0 and total_tokens >= 0
      ),
      -- NaN is greater than every number in PostgreSQL, so a lower bound alone lets it in
      constraint llm_call_events_oe_tokens check (oe_tokens_computed >= 0 and oe_tokens_computed <> 'NaN'),
      constraint llm_call_events_multiplier check (multiplier > 0 and multiplier <= 100),
      constraint llm_call_events_weights check (
        weight_fresh >= 0 and weight_fresh <> 'NaN' and weight_cached >= 0 and weight_cached <> 'NaN'
        and weight_output >= 0 and weight_output <> 'NaN' and oe_per_credit > 0 and oe_per_credit <> 'NaN'
      ),
      constraint llm_call_events_provider_cost check (provider_cost_usd >= 0 and provider_cost_usd <> 'NaN'),
      constraint llm_call_events_credits_burned check (credits_burned >= 0 and credits_burned <> 'NaN'),
      constraint llm_call_events_credits_charged check (credits_charged >= 0 and credits_charged <> 'NaN'),
      constraint llm_call_events_usd_per_credit check (usd_per_credit > 0 and usd_per_credit <> 'NaN'),
      constraint llm_call_events_internal_is_free check (status <> 'internal' or credits_charged = 0)
    )
  `.execute(db);
}
