// Grants that one admin may make alone, and grants that need a second one: what each admin granted on a day, with the most that they may,
// and the grants above it, which wait for somebody else's word.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A grant adds to its row and is undone by admin_grant_days_most. What was granted before is counted too.
    create table admin_grant_days (
      admin_id text not null,
      day      date not null,
      credits  numeric(20, 8) not null,
      most     numeric,

      primary key (admin_id, day),
      constraint admin_grant_days_credits check (credits > 0 and credits <> 'NaN'),
      constraint admin_grant_days_most check (most is null or (credits <= most and most <> 'NaN'))
    );

    insert into admin_grant_days (admin_id, day, credits)
    select initiated_by, (created_at at time zone 'utc')::date, sum(amount)
      from credit_transactions
     where source = 'admin' and kind = 'grant'
     group by 1, 2;

    -- The id is the ledger row's too, once it is granted: so it is granted once.
    create table grant_proposals (
      id          uuid primary key,
      user_id     text not null references credit_wallets (user_id),
      amount      numeric(20, 8) not null,
      note        text,
      proposed_by text not null,
      status      text not null default 'proposed',
      resolved_by text,
      resolved_at timestamptz,
      created_at  timestamptz not null default clock_timestamp(),

      constraint grant_proposals_amount check (amount > 0 and amount <> 'NaN'),
      constraint grant_proposals_note check (char_length(note) <= 256),
      constraint grant_proposals_status check (status in ('proposed', 'granted', 'dismissed')),
      constraint grant_proposals_resolved check (
        (status = 'proposed') = (resolved_by is null) and (status = 'proposed') = (resolved_at is null)
      ),
      constraint grant_proposals_two check (status <> 'granted' or resolved_by <> proposed_by)
    );

    create index grant_proposals_newest on grant_proposals (created_at desc, id desc);
    create index grant_proposals_user on grant_proposals (user_id, created_at desc, id desc);

    grant select, insert, update (credits, most) on admin_grant_days to pantheon_app;
    grant select, insert, update (status, resolved_by, resolved_at) on grant_proposals to pantheon_app;
  `.execute(db);
}
