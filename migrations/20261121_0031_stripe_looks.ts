// What the reconciliation needs so that it never starves: when each open top-up and each refund or dispute was last tried, how far a run
// came; and what orders a dispute's states: when Stripe said so. A refund or dispute also says its currency.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table top_ups
      add column tried_at   timestamptz not null default '-infinity', -- when the job last tried to close it
      add column cancel_due boolean not null default false;           -- given up here, and its payment still to be canceled at Stripe

    create index top_ups_to_close on top_ups (tried_at) where slot is not null or cancel_due;

    -- Answered after they had been given up: their payments may be open at Stripe, and hold no place that somebody looks after.
    update top_ups set cancel_due = true
     where status = 'canceled' and payment_intent is not null and response_body like '%"status":"canceled"}';

    alter table reversals
      add column currency   text not null default 'usd',
      add column told_at    timestamptz not null default '-infinity',      -- by Stripe's clock: a later word on a dispute wins
      add column checked_at timestamptz not null default clock_timestamp(), -- when Stripe last said how it stands
      add column tried_at   timestamptz not null default clock_timestamp(); -- when it was last asked, answered or not

    -- What was told before this column has been told no later than it was written.
    update reversals set told_at = updated_at, tried_at = '-infinity';

    create index reversals_to_try on reversals (tried_at);

    alter table maintenance_runs
      add column progress jsonb not null default '{}'; -- how far a run came that its time had cut off
  `.execute(db);
}
