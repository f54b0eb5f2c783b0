// What else is kept for a time only: the answers of calls that have a key and no session, and the responses of top-ups; and how everything
// of a person is found, deleted sessions too.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Calls whose answers are kept for their keys alone.
    create index turns_kept_calls on turns (user_id, id)
      where session_id is null and idempotency_key is not null and erased_at is null;

    -- Beside the index of those that are there: a list of these alone must not walk what is deleted.
    create index sessions_deleted on sessions (user_id, created_at desc, id desc) where deleted_at is not null;

    alter table top_ups
      add column expired_at timestamptz, -- its response is forgotten; what it stood for is done
      add constraint top_ups_expired check (expired_at is null or response_body is null);

    create index top_ups_due on top_ups (created_at) where response_body is not null;
  `.execute(db);
}
