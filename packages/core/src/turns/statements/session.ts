// Opens, changes and deletes a session. Moves no money, but opening one makes the wallet that every turn locks.

import { sql } from "kysely";
import { keyed, type KeyedWrite } from "../../audit/keyed.ts";
import { prepared } from "../../db/prepared.ts";

export type CreateSessionInput = KeyedWrite & {
  session: string;
  /** Whose wallet is to be there. */
  wallet: string;
  email: string | null;
  title: string | null;
  modelAlias: string;
  systemPrompt: string | null;
  tools: readonly string[];
  autoAliases: readonly string[] | null;
  createdAt: Date;
};

/** User, wallet and session in one statement; the session is the actor's, as the key is. A key that was used before is 23505 on `idempotency_keys_pkey` and undoes all of it. */
export const createSession = prepared<CreateSessionInput, { id: string }>(
  "create_session",
  (slot) => sql`
with
  -- The person, made or met; a newer e-mail replaces the older one.
  person as (
    insert into users as known (id, email) values (${slot.actor}::text, ${slot.email}::text)
    on conflict (id) do update
      set email = excluded.email
      where excluded.email is not null
        and known.email is distinct from excluded.email
  ),
  -- A wallet with nothing in it, for whoever has none.
  wallet as (
    insert into credit_wallets (user_id) values (${slot.wallet}::text) on conflict (user_id) do nothing
  ),
  ${keyed(slot)}
insert into sessions (id, user_id, title, model_alias, system_prompt, tools, auto_aliases, created_at)
values (${slot.session}::uuid, ${slot.actor}::text, ${slot.title}::text, ${slot.modelAlias}::text,
        ${slot.systemPrompt}::text, ${slot.tools}::text[], ${slot.autoAliases}::text[],
        ${slot.createdAt}::timestamptz)
returning id`,
);

export type PatchSessionInput = KeyedWrite & {
  session: string;
  title: string | null;
  modelAlias: string;
  systemPrompt: string | null;
  tools: readonly string[];
  autoAliases: readonly string[] | null;
  /** What the session was when the answer was made. */
  formerTitle: string | null;
  formerAlias: string;
  formerPrompt: string | null;
  formerTools: readonly string[];
  formerAutoAliases: readonly string[] | null;
};

/** Changes a session that is still as it was read. No row: gone, or changed meanwhile; then the key is not taken either. */
export const patchSession = prepared<PatchSessionInput, { id: string }>(
  "patch_session",
  (slot) => sql`
with
  -- The session, if it is this user's and as it was.
  patched as (
    update sessions
       set title = ${slot.title}::text,
           model_alias = ${slot.modelAlias}::text,
           system_prompt = ${slot.systemPrompt}::text,
           tools = ${slot.tools}::text[],
           auto_aliases = ${slot.autoAliases}::text[]
     where id = ${slot.session}::uuid
       and user_id = ${slot.actor}::text
       and deleted_at is null
       and title is not distinct from ${slot.formerTitle}::text
       and model_alias = ${slot.formerAlias}::text
       and system_prompt is not distinct from ${slot.formerPrompt}::text
       and tools = ${slot.formerTools}::text[]
       and auto_aliases is not distinct from ${slot.formerAutoAliases}::text[]
    returning id
  ),
  ${keyed(slot, { source: sql`patched` })}
select id from patched`,
);

/** Deletes softly. No row: unknown, not this user's, or deleted before; then the key is not taken either. */
export const deleteSession = prepared<KeyedWrite & { session: string; /** Until its texts are erased. */ days: number }, { id: string }>(
  "delete_session",
  (slot) => sql`
with
  -- The session, if it is this user's and still there.
  deleted as (
    update sessions
       set deleted_at = clock_timestamp(),
           erase_at = clock_timestamp() + ${slot.days}::int * interval '1 day'
     where id = ${slot.session}::uuid
       and user_id = ${slot.actor}::text
       and deleted_at is null
    returning id
  ),
  ${keyed(slot, { source: sql`deleted` })}
select id from deleted`,
);
