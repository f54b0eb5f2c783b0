// Erases the answers of calls that belong to no session: they are kept for a repeat of their key alone. And what was
// written on holds. Rows and figures stay.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { WITHOUT_TEXT } from "./erase-texts.ts";

/** A call whose answer is kept. One that runs, or is run again meanwhile, is left for later. */
const IS_KEPT = sql`session_id is null
       and (idempotency_key is not null or metadata is not null)
       and erased_at is null
       and status <> 'running'`;

/** Erases some calls of this person. Returns how many: 0 when none is left that can be erased. */
export const eraseCalls = prepared<{ user: string; most: number }, { turns: number }>(
  "erase_calls",
  (slot) => sql`
with
  -- Locked one by one, and looked at under the lock.
  texts as (
    select id
      from turns
     where user_id = ${slot.user}::text
       and ${IS_KEPT}
     order by id
     limit ${slot.most}::int
       for update skip locked
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

/**
 * Erases calls by their age: among the next turns after the id `after`, up to the id `until`. `last` is how far it came, null when there
 * are no more. Ids are in the order of time.
 */
export const eraseOldCalls = prepared<{ after: string; until: string; most: number }, { turns: number; last: string | null }>(
  "erase_old_calls",
  (slot) => sql`
with
  -- The next turns by their ids, whatever they are.
  seen as (
    select id
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
     where id in (select id from seen)
       and ${IS_KEPT}
    returning id
  )
select (select count(*)::int from erased) as turns,
       (select id::text from seen order by id desc limit 1) as last`,
);
