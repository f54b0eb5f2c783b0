// Opens and deletes a session. Moves no money, but opening one makes the wallet that every turn locks.

import { sql } from "kysely";
import type { KeyedWrite } from "../../audit/once.ts";
import { prepared } from "../../db/prepared.ts";

export type CreateSessionInput = KeyedWrite & {
  session: string;
  user: string;
  email: string | null;
  title: string | null;
  modelAlias: string;
  systemPrompt: string | null;
  tools: readonly string[];
  createdAt: Date;
};

/** User, wallet and session in one statement. A key that was used before is 23505 on `idempotency_keys_pkey` and undoes all of it. */
export const createSession = prepared<CreateSessionInput, { id: string }>(
  "create_session",
  (p) => sql`
with u as (insert into users as x (id, email) values (${p.user}::text, ${p.email}::text)
           on conflict (id) do update set email = excluded.email where excluded.email is not null and x.email is distinct from excluded.email),
  w as (insert into credit_wallets (user_id) values (${p.user}::text) on conflict (user_id) do nothing),
  k as (insert into idempotency_keys (user_id, key, request_hash, status, body)
        select ${p.user}::text, ${p.key}::text, ${p.requestHash}::text, ${p.status}::int, ${p.body}::text where ${p.key}::text is not null)
insert into sessions (id, user_id, title, model_alias, system_prompt, tools, created_at)
values (${p.session}::uuid, ${p.user}::text, ${p.title}::text, ${p.modelAlias}::text, ${p.systemPrompt}::text, ${p.tools}::text[], ${p.createdAt}::timestamptz)
returning id`,
);

/** Deletes softly. No row: unknown, not this user's, or deleted before; then the key is not taken either. */
export const deleteSession = prepared<KeyedWrite & { session: string; user: string }, { id: string }>(
  "delete_session",
  (p) => sql`
with d as (update sessions set deleted_at = clock_timestamp()
            where id = ${p.session}::uuid and user_id = ${p.user}::text and deleted_at is null returning id),
  k as (insert into idempotency_keys (user_id, key, request_hash, status, body)
        select ${p.user}::text, ${p.key}::text, ${p.requestHash}::text, ${p.status}::int, ${p.body}::text from d where ${p.key}::text is not null)
select id from d`,
);
