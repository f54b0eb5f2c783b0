// Users, sessions and turns. What a turn costs and holds is added to it by 20261120_0019_turn_money.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table users (
      id           text primary key,
      email        text,
      suspended_at timestamptz,
      created_at   timestamptz not null default now(),
      -- Unicode's control characters; NUL is no text in PostgreSQL anyway
      constraint users_id_shape check (char_length(id) between 1 and 64 and id !~ '[\\u0001-\\u001f\\u007f-\\u009f]')
    );

    create table sessions (
      id            uuid primary key default uuidv7(),
      user_id       text not null references users,
      title         text,
      model_alias   text not null default 'default',
      system_prompt text,
      tools         text[] not null default '{}',
      deleted_at    timestamptz,
      created_at    timestamptz not null default clock_timestamp()
    );

    create table turns (
      id               uuid primary key default uuidv7(),
      session_id       uuid not null references sessions,
      user_id          text not null references users,
      status           text not null,
      turn_index       int,
      user_input       text not null,
      assistant_output text,
      model_alias      text not null,
      created_at       timestamptz not null default clock_timestamp(),
      completed_at     timestamptz,
      constraint turns_status_known check (status in ('running', 'completed', 'failed'))
    );
  `.execute(db);
}
