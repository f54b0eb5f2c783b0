// The indexes of what admins look through: a person's turns, the audit by admin and by target, top-ups by time and by who resolved them.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index turns_user on turns (user_id, created_at desc, id desc);

    create index admin_actions_admin on admin_actions (admin_id, created_at desc, id desc);
    create index admin_actions_target on admin_actions (target, created_at desc, id desc);

    create index top_ups_newest on top_ups (created_at desc, id desc);
    create index top_ups_resolved on top_ups (resolved_by, created_at desc, id desc) where resolved_by is not null;
  `.execute(db);
}
