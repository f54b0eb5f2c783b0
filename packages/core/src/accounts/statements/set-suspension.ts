// Suspends a user, or lets them run turns again. Checked by the open statement; a turn that runs settles all the same.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

/** No row: there is no such user. Suspending twice keeps the first time. */
export const setSuspension = prepared<AdminWrite & { user: string; suspended: boolean }, { id: string }>(
  "set_suspension",
  (p) => sql`
with o as (select id, suspended_at from users where id = ${p.user}::text for update),
  u as (update users x set suspended_at = case when ${p.suspended}::boolean then coalesce(o.suspended_at, clock_timestamp()) end
          from o where x.id = o.id
        returning x.id, o.suspended_at is not null as before, x.suspended_at is not null as after),
  ${audited(p, {
    action: sql`case when ${p.suspended}::boolean then 'user.suspend' else 'user.reactivate' end`,
    target: sql`u.id`,
    before: sql`jsonb_build_object('suspended', u.before)`,
    after: sql`jsonb_build_object('suspended', u.after)`,
    source: sql`u`,
  })}
select id from u`,
);
