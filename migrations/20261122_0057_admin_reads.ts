// Who of the admins read what of whom. Written once, as the audit of what they change is.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table admin_reads (
      id         uuid primary key default uuidv7(),
      admin_id   text not null,
      operation  text not null,
      target     text, -- a person, or a turn; null for everybody's
      request_id text not null,
      created_at timestamptz not null default clock_timestamp()
    );

    create index admin_reads_newest on admin_reads (created_at desc, id desc);
    create index admin_reads_admin on admin_reads (admin_id, created_at desc, id desc);
    create index admin_reads_target on admin_reads (target, created_at desc, id desc);

    create trigger admin_reads_append_only before update or delete on admin_reads for each row execute function refuse_change();
    create trigger admin_reads_no_truncate before truncate on admin_reads for each statement execute function refuse_change();

    grant select, insert on admin_reads to pantheon_app;
  `.execute(db);
}
