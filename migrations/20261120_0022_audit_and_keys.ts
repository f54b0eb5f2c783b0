// What admins did, and the replayable answers of writes that have no row of their own to keep them in.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table admin_actions (
      id         uuid primary key default uuidv7(),
      admin_id   text not null,
      action     text not null,
      target     text not null,
      before     jsonb,
      after      jsonb,
      request_id text,
      created_at timestamptz not null default clock_timestamp()
    );

    create index admin_actions_newest on admin_actions (created_at desc, id desc);

    create table idempotency_keys (
      user_id      text not null,
      key          text not null,
      request_hash text not null,
      status       int not null,
      body         text not null,
      created_at   timestamptz not null default clock_timestamp(),

      primary key (user_id, key),
      constraint idempotency_keys_status check (status between 200 and 299) -- only a success is ever replayed
    );
  `.execute(db);
}
