// A file's row: made within the user's quota, deleted with all that it says, and given up when its bytes never came.

import { sql } from "kysely";
import { keyed, type KeyedWrite } from "../../audit/keyed.ts";
import { prepared } from "../../db/prepared.ts";

export type CreateFileInput = KeyedWrite & {
  file: string;
  session: string;
  filename: string;
  mimeType: string;
  sizeBytes: number;
  storageKey: string;
  createdAt: Date;
  /** When bytes that have not come are given up. */
  arrivesUntil: Date;
  /** What all files of a user may be. */
  mostFiles: number;
  mostBytes: number;
};

/** What is missing decides the refusal; a file that was made has its id. */
export type CreatedFile = { id: string | null; is_there: boolean; is_suspended: boolean };

/**
 * Makes the row of a file, if the session is the actor's and their files still fit: what they take is asked of the locked row. One row
 * says what became of it; without a file the key is not taken.
 */
export const createFile = prepared<CreateFileInput, CreatedFile>(
  "create_file",
  (slot) => sql`
with
  -- From this statement's snapshot: the session, if it is this user's.
  session as (
    select id from sessions
     where id = ${slot.session}::uuid and user_id = ${slot.actor}::text and deleted_at is null
  ),
  -- From this statement's snapshot: the user, if they may not act.
  suspended as (
    select id from users where id = ${slot.actor}::text and suspended_at is not null
  ),
  -- The first lock. What the user's files take is the locked row's own figure: two uploads at once come
  -- one after the other.
  room as (
    insert into file_usage as used (user_id, files, bytes)
    select ${slot.actor}::text, 1, ${slot.sizeBytes}::bigint
      from session
     where ${slot.sizeBytes}::bigint <= ${slot.mostBytes}::bigint
       and not exists (select from suspended)
    on conflict (user_id) do update
      set files = used.files + 1,
          bytes = used.bytes + excluded.bytes
      where used.files < ${slot.mostFiles}::int
        and used.bytes + excluded.bytes <= ${slot.mostBytes}::bigint
    returning user_id
  ),
  -- The file, where there was room.
  made as (
    insert into uploaded_files
           (id, user_id, session_id, filename, mime_type, size_bytes, storage_key, created_at, arrives_until)
    select ${slot.file}::uuid, room.user_id, ${slot.session}::uuid, ${slot.filename}::text,
           ${slot.mimeType}::text, ${slot.sizeBytes}::bigint, ${slot.storageKey}::text,
           ${slot.createdAt}::timestamptz, ${slot.arrivesUntil}::timestamptz
      from room
    returning id
  ),
  ${keyed(slot, { source: sql`made` })}
select (select id from made) as id,
       exists (select from session) as is_there,
       exists (select from suspended) as is_suspended`,
);

/** Deletes a file with its name and text, and frees what it took. No row: unknown, not this user's, or deleted before. */
export const deleteFile = prepared<KeyedWrite & { session: string; file: string }, { storage_key: string }>(
  "delete_file",
  (slot) => sql`
with
  -- The file, if it is this user's and its session is there. Its text goes with the row, also where it is
  -- being written just now.
  deleted as (
    update uploaded_files as file
       set deleted_at = clock_timestamp(),
           filename = '',
           text_pages = null
     where file.id = ${slot.file}::uuid
       and file.session_id = ${slot.session}::uuid
       and file.user_id = ${slot.actor}::text
       and file.deleted_at is null
       and exists (select from sessions where id = file.session_id and deleted_at is null)
    returning file.user_id, file.size_bytes, file.storage_key
  ),
  -- Its room, as the locked row has it.
  freed as (
    update file_usage as used
       set files = used.files - 1,
           bytes = used.bytes - deleted.size_bytes
      from deleted
     where used.user_id = deleted.user_id
  ),
  ${keyed(slot, { source: sql`deleted` })}
select storage_key from deleted`,
);

/** Gives up the actor's files whose bytes never came, and frees what they would have taken. A row for each. */
export const giveUpFiles = prepared<{ actor: string; why: string }, { id: string }>(
  "give_up_files",
  (slot) => sql`
with
  -- Locked here, so that two that give up at once never wait for each other.
  late as (
    select id, size_bytes
      from uploaded_files
     where user_id = ${slot.actor}::text
       and parse_status = 'pending'
       and deleted_at is null
       and arrives_until < clock_timestamp()
       for update skip locked
  ),
  -- They take nothing from now on, and say why.
  given_up as (
    update uploaded_files as file
       set parse_status = 'failed',
           parse_error = ${slot.why}::text,
           parsed_at = clock_timestamp(),
           size_bytes = 0
      from late
     where file.id = late.id
    returning file.id
  ),
  -- Their room, as the locked row has it.
  freed as (
    update file_usage as used
       set bytes = used.bytes - (select coalesce(sum(size_bytes), 0) from late)
     where used.user_id = ${slot.actor}::text
       and exists (select from late)
  )
select id from given_up`,
);

/** Forgets the actor's files whose session was deleted, and frees what they took: nobody can reach them any more. A row for each. */
export const forgetFiles = prepared<{ actor: string }, { id: string }>(
  "forget_files",
  (slot) => sql`
with
  -- Locked here, so that two that forget at once never wait for each other.
  lost as (
    select file.id, file.size_bytes
      from uploaded_files as file
      join sessions as session on session.id = file.session_id
     where file.user_id = ${slot.actor}::text
       and file.deleted_at is null
       and session.deleted_at is not null
       for update of file skip locked
  ),
  -- Name and text are gone with them.
  forgotten as (
    update uploaded_files as file
       set deleted_at = clock_timestamp(),
           filename = '',
           text_pages = null
      from lost
     where file.id = lost.id
    returning file.id
  ),
  -- Their room, as the locked row has it.
  freed as (
    update file_usage as used
       set files = used.files - (select count(*)::int from lost),
           bytes = used.bytes - (select coalesce(sum(size_bytes), 0) from lost)
     where used.user_id = ${slot.actor}::text
       and exists (select from lost)
  )
select id from forgotten`,
);
