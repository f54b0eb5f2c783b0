// Keys by which programs act for a person: what a key may do, what it has spent, and which turns it opened. Only a digest of a key is kept.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table api_keys (
      id           uuid primary key default uuidv7(),
      user_id      text not null references users (id),
      name         text not null constraint api_keys_name check (char_length(name) between 1 and 100),
      -- How the key begins, so that its owner can tell it from others. Far too little to guess the rest.
      prefix       text not null constraint api_keys_prefix check (prefix ~ '^pan_[A-Za-z0-9_-]{8}$'),
      -- SHA-256 of the whole key, in hexadecimal digits.
      hash         text not null constraint api_keys_hash check (hash ~ '^[0-9a-f]{64}$'),
      -- The key before it was rotated is good until then.
      former_hash  text constraint api_keys_former_hash check (former_hash ~ '^[0-9a-f]{64}$'),
      former_until timestamptz,
      -- The aliases that it may use; null is any.
      models       text[] constraint api_keys_models check (cardinality(models) between 1 and 100),
      expires_at   timestamptz,
      revoked_at   timestamptz,
      -- Credits that its turns were charged, added by the settle of each.
      spent        numeric(18,8) not null default 0 constraint api_keys_spent check (spent >= 0),
      last_used_on date,
      created_at   timestamptz not null default clock_timestamp(),

      constraint api_keys_former check ((former_hash is null) = (former_until is null)),
      constraint api_keys_nan    check (spent <> 'NaN')
    );

    create unique index api_keys_by_hash on api_keys (hash);
    create unique index api_keys_by_former_hash on api_keys (former_hash) where former_hash is not null;
    create index api_keys_newest on api_keys (user_id, created_at desc, id desc);
    create index api_keys_all_newest on api_keys (created_at desc, id desc);

    grant select, insert, update on api_keys to pantheon_app;

    -- By which key a turn was opened last; null is its person themselves.
    alter table turns add column api_key_id uuid references api_keys (id);

    -- Few events have a key: what a key used, and what the invariants add up.
    create index llm_call_events_key on llm_call_events (api_key_id, created_at desc, id desc) where api_key_id is not null;
  `.execute(db);
}
