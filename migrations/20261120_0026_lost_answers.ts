// What a model answered and nobody pays for, a row each: the turn had been given up, or was settled by another attempt.
// No part of the ledger: it says what the ledger does not charge.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table lost_answers (
      turn_id           uuid not null,
      attempt           int not null,
      user_id           text not null,
      model_alias       text not null,
      provider_cost_usd numeric(20,8) not null,
      created_at        timestamptz not null default clock_timestamp(),

      primary key (turn_id, attempt),
      constraint lost_answers_attempt check (attempt >= 1),
      constraint lost_answers_cost check (provider_cost_usd >= 0 and provider_cost_usd <> 'NaN')
    );
  `.execute(db);
}
