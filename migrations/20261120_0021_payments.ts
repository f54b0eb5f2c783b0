// Top-ups, what refunds and disputes took back, and the payment events that were received.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table top_ups (
      id                uuid primary key default uuidv7(),
      user_id           text not null,
      amount_usd        numeric(10,2) not null,
      currency          text not null default 'usd',
      credits_to_grant  numeric(18,2) not null,
      status            text not null default 'created',
      payment_intent    text,
      livemode          boolean,
      quarantine_reason text,
      idempotency_key   text,
      request_hash      text,
      response_body     text,
      created_at        timestamptz not null default clock_timestamp(),
      updated_at        timestamptz not null default clock_timestamp(),

      constraint top_ups_payment_intent unique (payment_intent),
      constraint top_ups_key unique (user_id, idempotency_key),
      constraint top_ups_key_with_hash check ((idempotency_key is null) = (request_hash is null)),
      constraint top_ups_amount check (amount_usd > 0 and amount_usd <> 'NaN'),
      constraint top_ups_credits check (credits_to_grant > 0 and credits_to_grant <> 'NaN'),
      constraint top_ups_status_known check (status in ('created', 'pending', 'processing', 'succeeded', 'failed', 'canceled', 'quarantined'))
    );

    create index top_ups_user on top_ups (user_id, created_at desc, id desc);
    create index top_ups_status on top_ups (status, created_at);

    create table reversals (
      object_id      text primary key,
      payment_intent text not null,
      kind           text not null,
      state          text not null,
      amount_minor   bigint not null,
      taken          numeric(18,8) not null default 0,
      step           int not null default 0,
      created_at     timestamptz not null default clock_timestamp(),
      updated_at     timestamptz not null default clock_timestamp(),

      constraint reversals_kind_known check (kind in ('refund', 'dispute')),
      constraint reversals_amount check (amount_minor >= 0),
      constraint reversals_taken check (taken >= 0 and taken <> 'NaN'),
      constraint reversals_step check (step >= 0)
    );

    create index reversals_payment_intent on reversals (payment_intent);

    create table stripe_events (
      id             text primary key,
      type           text not null,
      payment_intent text,
      outcome        text not null,
      received_at    timestamptz not null default clock_timestamp()
    );
  `.execute(db);
}
