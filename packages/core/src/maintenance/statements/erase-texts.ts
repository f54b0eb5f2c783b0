// Erases people's texts a batch at a time: of turns, of deleted sessions, and of one person. Rows and figures stay; no money moves.

import { sql, type RawBuilder } from "kysely";
import { prepared } from "../../db/prepared.ts";

/** What a turn says once it is erased: its figures, and no text. A key of it stands for no request any more. */
export const WITHOUT_TEXT = sql`
           user_input = '',
           assistant_output = case when turns.assistant_output is not null then '' end,
           response_body = case when turns.response_body is null then null
                                when pg_input_is_valid(turns.response_body, 'jsonb')
                                then ((turns.response_body::jsonb - 'requested_calls')
                                      || '{"user_input":"","assistant_output":""}')::text
                                else '{}' end,
           tool_texts = null,
           metadata = null,
           request_hash = case when turns.request_hash is not null then 'erased' end,
           erased_at = clock_timestamp()`;

/** The CTE `due`: sessions whose texts have to go by now, the longest due first; of one person, or of all for null. */
function due(user: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  -- Sessions whose texts have to go by now, of this snapshot: what was marked before never becomes undue.
  due as (
    select id
      from sessions
     where erase_at <= clock_timestamp()
       and erased_at is null
       and (${user}::text is null or user_id = ${user}::text)
     order by erase_at
     limit 50
  )`;
}

/**
 * Erases some turns of deleted sessions that are due. A turn that runs, or whose row is locked, is left for later. Returns how many: 0 when
 * none is left that can be erased.
 */
export const eraseTurns = prepared<{ user: string | null; most: number }, { turns: number }>(
  "erase_turns",
  (slot) => sql`
with
  ${due(slot.user)},
  -- Locked one by one, and looked at under the lock: a turn that is run again meanwhile stays whole.
  texts as (
    select turns.id
      from turns, due
     where turns.session_id = due.id
       and turns.erased_at is null
       and turns.status <> 'running'
     limit ${slot.most}::int
       for update of turns skip locked
  ),
  -- What stays: every row and figure, and no text.
  erased as (
    update turns
       set ${WITHOUT_TEXT}
      from texts
     where turns.id = texts.id
    returning turns.id
  )
select count(*)::int as turns
  from erased`,
);

/** Erases title, prompt and summary of due sessions that have no text left in a turn. Returns how many. */
export const eraseSessions = prepared<{ user: string | null }, { sessions: number }>(
  "erase_sessions",
  (slot) => sql`
with
  ${due(slot.user)},
  -- Whatever the session itself said, once no turn of it has a text.
  erased as (
    update sessions
       set title = null,
           system_prompt = null,
           erased_at = clock_timestamp()
      from due
     where sessions.id = due.id
       and not exists (select
                         from turns
                        where turns.session_id = due.id
                          and turns.erased_at is null)
    returning sessions.id
  ),
  -- The session's files: names and texts. Their bytes are in storage for days at most.
  files as (
    update uploaded_files as file
       set deleted_at = clock_timestamp(),
           filename = '',
           text_pages = null
      from erased
     where file.session_id = erased.id
       and file.deleted_at is null
    returning file.user_id, file.size_bytes
  ),
  -- What they took, as the locked row has it.
  freed as (
    update file_usage as used
       set files = used.files - gone.files,
           bytes = used.bytes - gone.bytes
      from (select user_id, count(*)::int as files, sum(size_bytes)::bigint as bytes
              from files
             group by user_id) as gone
     where used.user_id = gone.user_id
  ),
  -- What the model was told in short.
  summaries as (
    delete from session_summaries
     using erased
     where session_summaries.session_id = erased.id
  )
select count(*)::int as sessions
  from erased`,
);

/**
 * Erases turns by their age: the next ones after the id `after`, up to the id `until`. `last` is how far it came, null when there are no
 * more. Ids are in the order of time.
 */
export const eraseOldTurns = prepared<{ after: string; until: string; most: number }, { turns: number; last: string | null }>(
  "erase_old_turns",
  (slot) => sql`
with
  -- The next ones by their ids, whatever became of them.
  seen as (
    select id, session_id
      from turns
     where id > ${slot.after}::uuid
       and id <= ${slot.until}::uuid
     order by id
     limit ${slot.most}::int
  ),
  -- What stays: every row and figure, and no text.
  erased as (
    update turns
       set ${WITHOUT_TEXT}
      from seen
     where turns.id = seen.id
       and turns.erased_at is null
       and turns.status <> 'running'
    returning turns.id
  ),
  -- A summary is made of what is too old by now.
  summaries as (
    delete from session_summaries
     using seen
     where session_summaries.session_id = seen.session_id
  )
select (select count(*)::int from erased) as turns,
       (select id::text from seen order by id desc limit 1) as last`,
);

/**
 * Marks all that one person has said as due now, and erases what is theirs alone at once: their address, their sessions' titles and
 * prompts, and the responses of their keys. Returns how many sessions they had.
 */
export const erasePerson = prepared<{ user: string }, { sessions: number }>(
  "erase_person",
  (slot) => sql`
with
  -- Every session of theirs is deleted and due now.
  marked as (
    update sessions
       set deleted_at = coalesce(deleted_at, clock_timestamp()),
           erase_at = clock_timestamp(),
           title = null,
           system_prompt = null
     where user_id = ${slot.user}::text
       and erased_at is null
    returning id
  ),
  -- What their sessions take, which the trigger is about to change: locked after the sessions and before the
  -- person, as by whoever opens one.
  used as materialized (
    select used.user_id
      from session_usage as used, (select count(*) from marked) as sessions
     where used.user_id = ${slot.user}::text
       for update of used
  ),
  -- The address that admins find them by.
  person as (
    update users
       set email = null
     where id = ${slot.user}::text
       and (select count(*) from used) >= 0
  ),
  -- What their keys were answered, which may quote them.
  keys as (
    update idempotency_keys
       set ${expired()}
     where user_id = ${slot.user}::text
       and expired_at is null
  )
select count(*)::int as sessions
  from marked`,
);

/** A key whose response is forgotten; one that money was booked under says so for good. */
export function expired(): RawBuilder<unknown> {
  return sql`body = '',
           expired_at = clock_timestamp(),
           booked = body ~ '"(?:new_balance|transaction_id|proposal_id)"'`;
}
