// Counts the audit's rows as they are written, so that a list of them can say its total without counting.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runtime_settings
      add column admin_actions bigint not null default 0,
      add constraint runtime_settings_admin_actions check (admin_actions >= 0);

    update runtime_settings set admin_actions = (select count(*) from admin_actions);

    create function count_admin_actions() returns trigger language plpgsql as $$
    begin
      if exists (select from added) then
        update runtime_settings set admin_actions = admin_actions + (select count(*) from added);
      end if;
      return null;
    end $$;

    create trigger admin_actions_counted after insert on admin_actions
      referencing new table as added for each statement execute function count_admin_actions();
  `.execute(db);
}
