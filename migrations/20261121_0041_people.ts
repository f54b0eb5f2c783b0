// A person is a row that admins can find: when they were seen last, why they are suspended, and the indexes of their list. `created_at`
// says when they were seen first, `email` has been there.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table users
      add column last_seen_at      timestamptz,
      -- Read only while suspended_at is set. No CHECK ties the two: a build from before this column lifts a suspension without knowing it.
      add column suspension_reason text
        constraint users_suspension_reason check (char_length(suspension_reason) between 1 and 256);

    update users set last_seen_at = created_at;

    alter table users
      alter column last_seen_at set default clock_timestamp(),
      alter column last_seen_at set not null;

    create index users_newest on users (created_at desc, id desc);
    create index users_suspended on users (created_at desc, id desc) where suspended_at is not null;

    -- Searched by their beginnings: an id as it is written, an address whatever its case.
    create index users_id_begins on users (id text_pattern_ops);
    create index users_email_begins on users (lower(email) text_pattern_ops);
  `.execute(db);
}
