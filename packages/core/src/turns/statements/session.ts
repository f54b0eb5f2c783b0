// Opens, changes and deletes a session. Moves no money, but opening one makes the wallet that every turn locks.

import { sql, type RawBuilder } from "kysely";
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
} & Room;

/** The most sessions and bytes of prompts that a person may have. */
type Room = { mostSessions: number; mostBytes: number };

/** Octets of a prompt as they are counted. */
const octets = (prompt: RawBuilder<unknown>) => sql`octet_length(coalesce(${prompt}, ''))`;

/**
 * User, wallet and session in one statement; the session is the actor's, as the key is. A key that was used before is 23505 on
 * `idempotency_keys_pkey` and undoes all of it. `id` is null when there is no room for it, and `too_long` whether that is its prompt's.
 */
export const createSession = prepared<CreateSessionInput, { id: string | null; too_long: boolean }>(
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
  -- What the person's sessions take, under its lock: whether there is room for one more. A trigger counts.
  room as (
    insert into session_usage as used (user_id) values (${slot.actor}::text)
    on conflict (user_id) do update
      set sessions = used.sessions
    returning user_id,
              used.sessions < ${slot.mostSessions}::bigint as has_place,
              used.prompt_bytes + ${octets(sql`${slot.systemPrompt}::text`)}
                <= ${slot.mostBytes}::bigint as fits
  ),
  -- The session itself.
  opened as (
    insert into sessions (id, user_id, title, model_alias, system_prompt, tools, auto_aliases,
                          created_at)
    select ${slot.session}::uuid, user_id, ${slot.title}::text, ${slot.modelAlias}::text,
           ${slot.systemPrompt}::text, ${slot.tools}::text[], ${slot.autoAliases}::text[],
           ${slot.createdAt}::timestamptz
      from room
     where has_place
       and fits
    returning id
  ),
  ${keyed(slot, { source: sql`opened` })}
select opened.id, not room.fits as too_long
  from room
       left join opened on true`,
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
} & Pick<Room, "mostBytes">;

/**
 * Changes a session that is still as it was read. No row: gone, or changed meanwhile; `too_long`: there is no room for a longer prompt. Then
 * the key is not taken either.
 */
export const patchSession = prepared<PatchSessionInput, { id: string; too_long: boolean }>(
  "patch_session",
  (slot) => sql`
with
  -- The session, locked first as by whoever deletes or erases it, if it is this user's and as it was.
  former as (
    select id,
           ${octets(sql`${slot.systemPrompt}::text`)} - ${octets(sql`system_prompt`)} as more
      from sessions
     where id = ${slot.session}::uuid
       and user_id = ${slot.actor}::text
       and deleted_at is null
       and title is not distinct from ${slot.formerTitle}::text
       and model_alias = ${slot.formerAlias}::text
       and system_prompt is not distinct from ${slot.formerPrompt}::text
       and tools = ${slot.formerTools}::text[]
       and auto_aliases is not distinct from ${slot.formerAutoAliases}::text[]
       for no key update
  ),
  -- What the person's prompts take, under its lock: a row if there is room. A shorter prompt always has.
  room as (
    insert into session_usage as used (user_id)
    select ${slot.actor}::text from former
    on conflict (user_id) do update
      set sessions = used.sessions
      where (select more from former) <= 0
         or used.prompt_bytes + (select more from former) <= ${slot.mostBytes}::bigint
    returning user_id
  ),
  -- The change. The trigger counts it.
  patched as (
    update sessions
       set title = ${slot.title}::text,
           model_alias = ${slot.modelAlias}::text,
           system_prompt = ${slot.systemPrompt}::text,
           tools = ${slot.tools}::text[],
           auto_aliases = ${slot.autoAliases}::text[]
      from former, room
     where sessions.id = former.id
    returning sessions.id
  ),
  ${keyed(slot, { source: sql`patched` })}
select former.id, not exists (select from patched) as too_long
  from former`,
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
