// What a credit cost when a top-up was started: its receipt is computed from it, whatever a credit costs later.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table top_ups
      add column usd_per_credit numeric -- null where nobody knows: what an admin decided, what was restored, the older shape of payments
        constraint top_ups_usd_per_credit check (usd_per_credit > 0 and usd_per_credit < 'Infinity');

    -- The launch price, where it is what the row was made by.
    update top_ups set usd_per_credit = 0.03 where round(amount_usd / 0.03, 2) = credits_to_grant;
  `.execute(db);
}
