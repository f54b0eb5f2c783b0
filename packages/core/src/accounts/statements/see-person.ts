// A person was here: keeps the address that their token names, and on which day they were seen last. Moves no money.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type SeePersonInput = {
  actor: string;
  /** As the token names it; null leaves what is known. */
  email: string | null;
  /** Whether somebody who was never here becomes a row. */
  make: boolean;
};

export type Standing = { readonly suspended: boolean; readonly suspension_reason: string | null };

/** Always one row: how the person stood when the statement began. A row that is up to date is neither written nor locked. */
export const seePerson = prepared<SeePersonInput, Standing>(
  "see_person",
  (slot) => sql`
with
  -- From this statement's snapshot.
  person as (
    select id, suspended_at, suspension_reason from users where id = ${slot.actor}::text
  ),
  -- Somebody new. Whoever was quicker has made the same row.
  made as (
    insert into users (id, email)
    select ${slot.actor}::text, ${slot.email}::text
     where ${slot.make}::boolean and not exists (select from person)
    on conflict (id) do nothing
  ),
  -- Somebody known, with a new address or on a new day: so a row is written once a day at most.
  seen as (
    update users
       set email = coalesce(${slot.email}::text, users.email), last_seen_at = clock_timestamp()
      from person
     where users.id = person.id
       and (users.email is distinct from coalesce(${slot.email}::text, users.email)
            or users.last_seen_at < clock_timestamp() - interval '1 day')
  )
select person.suspended_at is not null as suspended,
       case when person.suspended_at is not null then person.suspension_reason end as suspension_reason
  from (select) as one
       left join person on true`,
);
