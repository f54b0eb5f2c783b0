// Forgets the responses of keys and of top-ups, and later the keys themselves: but never a key that money was booked under.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { expired } from "./erase-texts.ts";

/** Forgets the responses of some keys that are older than so many days: a repeat is then told that it came too late. */
export const expireKeys = prepared<{ days: number; most: number }, { keys: number }>(
  "expire_keys",
  (slot) => sql`
with
  -- The oldest first. A key that somebody waits for is left for later.
  old as (
    select user_id, key
      from idempotency_keys
     where expired_at is null
       and created_at < clock_timestamp() - ${slot.days}::int * interval '1 day'
     order by created_at
     limit ${slot.most}::int
       for update skip locked
  ),
  -- The response goes; the digest of the request stays, so another request is still told apart.
  forgotten as (
    update idempotency_keys
       set ${expired()}
      from old
     where idempotency_keys.user_id = old.user_id
       and idempotency_keys.key = old.key
    returning 1
  )
select count(*)::int as keys
  from forgotten`,
);

/** Forgets the responses of some top-ups that are older than so many days, with a key or without. The key goes on standing for its top-up. */
export const expireTopUps = prepared<{ days: number; most: number }, { keys: number }>(
  "expire_top_ups",
  (slot) => sql`
with
  -- The oldest first. One that is being paid just now is left for later.
  old as (
    select id
      from top_ups
     where response_body is not null
       and created_at < clock_timestamp() - ${slot.days}::int * interval '1 day'
     order by created_at
     limit ${slot.most}::int
       for update skip locked
  ),
  -- The response goes, with the client secret in it; state and figures stay.
  forgotten as (
    update top_ups
       set response_body = null,
           expired_at = clock_timestamp()
      from old
     where top_ups.id = old.id
    returning 1
  )
select count(*)::int as keys
  from forgotten`,
);

/** Removes some keys that expired, are older than so many days, and under which no money was booked. */
export const removeKeys = prepared<{ days: number; most: number }, { keys: number }>(
  "remove_keys",
  (slot) => sql`
with
  -- The oldest first. A key that somebody waits for is left for later.
  old as (
    select user_id, key
      from idempotency_keys
     where expired_at is not null
       and not booked
       and created_at < clock_timestamp() - ${slot.days}::int * interval '1 day'
     order by created_at
     limit ${slot.most}::int
       for update skip locked
  ),
  -- The whole key.
  gone as (
    delete from idempotency_keys
     using old
     where idempotency_keys.user_id = old.user_id
       and idempotency_keys.key = old.key
    returning 1
  )
select count(*)::int as keys
  from gone`,
);
