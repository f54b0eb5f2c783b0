// Suspends a user, or lets them run turns again. Checked by the open statement; a turn that runs settles all the same.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

/** No row: there is no such user. Suspending twice keeps the first time. */
export const setSuspension = prepared<AdminWrite & { user: string; suspended: boolean }, { id: string }>(
  "set_suspension",
  (slot) => sql`
with
  -- The person, as they are once their row is locked.
  person as (
    select id, suspended_at from users where id = ${slot.user}::text for update
  ),
  -- Suspended or not from now on; who was suspended before keeps the first time.
  changed as (
    update users
       set suspended_at =
             case when ${slot.suspended}::boolean then coalesce(person.suspended_at, clock_timestamp()) end
      from person
     where users.id = person.id
    returning users.id, person.suspended_at is not null as before, users.suspended_at is not null as after
  ),
  ${audited(slot, {
    action: sql`case when ${slot.suspended}::boolean then 'user.suspend' else 'user.reactivate' end`,
    target: sql`changed.id`,
    before: sql`jsonb_build_object('suspended', changed.before)`,
    after: sql`jsonb_build_object('suspended', changed.after)`,
    source: sql`changed`,
  })}
select id from changed`,
);
