// What keeps top-ups bounded and payment events in order: a user's unpaid top-ups take numbered slots, and a reversal knows how far
// along its object is.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table top_ups
      add column slot           smallint, -- taken while the payment is open; the unique index makes the limit exact under races
      add column stripe_attempt smallint not null default 1,
      add column state_at       timestamptz not null default '-infinity',

      add constraint top_ups_slot check (slot between 1 and 100),
      add constraint top_ups_stripe_attempt check (stripe_attempt >= 1);

    create unique index top_ups_open_slot on top_ups (user_id, slot) where slot is not null;

    alter table reversals
      add column rank smallint not null default 0;

    -- How many objects a payment has: whoever sums them knows by it that it has seen them all.
    create table reversal_counts (
      payment_intent text primary key,
      objects        int not null,

      constraint reversal_counts_objects check (objects >= 1)
    );
  `.execute(db);
}
