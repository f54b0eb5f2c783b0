// Which aliases may answer a turn that leaves the choice to a routing call, and which turns ended for want of credits.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sessions
      add column auto_aliases text[] -- null: every alias that is no dearer than the session's own
        constraint sessions_auto_aliases
        check (cardinality(auto_aliases) between 1 and 20 and array_position(auto_aliases, null) is null);

    -- Such a turn has cost us something: of a person who has several of them lately, the gate asks before it offers tools again.
    create index turns_unpaid on turns (user_id, created_at) where failure_code = 'insufficient_credits';
  `.execute(db);
}
