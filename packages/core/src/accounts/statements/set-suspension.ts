// Suspends a person with a reason, or lets them in again. Checked by the open statement; a turn that runs settles all the same.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

/** `actor` is the admin, `person` who is suspended or let in. */
export type SetSuspensionInput = AdminWrite & { person: string; suspended: boolean; reason: string | null };

/** No row: there is no such person. Suspending twice keeps the first time, and the reason unless it brings another. */
export const setSuspension = prepared<SetSuspensionInput, { id: string }>(
  "set_suspension",
  (slot) => sql`
with
  -- The person, as they are once their row is locked.
  person as (
    select id, suspended_at, case when suspended_at is not null then suspension_reason end as reason
      from users
     where id = ${slot.person}::text
       for update
  ),
  -- Suspended or not from now on, with the reason for it; who was suspended before keeps the first time.
  changed as (
    update users
       set suspended_at =
             case when ${slot.suspended}::boolean then coalesce(person.suspended_at, clock_timestamp()) end,
           suspension_reason =
             case when ${slot.suspended}::boolean then coalesce(${slot.reason}::text, person.reason) end
      from person
     where users.id = person.id
    returning users.id,
              jsonb_build_object(
                'suspended', person.suspended_at is not null,
                'reason', person.reason) as before,
              jsonb_build_object(
                'suspended', users.suspended_at is not null,
                'reason', users.suspension_reason) as after
  ),
  ${audited(slot, {
    action: sql`case when ${slot.suspended}::boolean then 'user.suspend' else 'user.reactivate' end`,
    target: sql`changed.id`,
    before: sql`changed.before`,
    after: sql`changed.after`,
    source: sql`changed`,
  })}
select id from changed`,
);
