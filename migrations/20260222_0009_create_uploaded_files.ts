// Files that a user handed in for the file tool: their text, erasable.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table uploaded_files (
      id         uuid primary key default uuidv7(),
      user_id    text not null references users,
      filename   text not null,
      mime_type  text not null,
      size_bytes bigint not null,
      content    text not null,
      created_at timestamptz not null default clock_timestamp(),
      deleted_at timestamptz,

      constraint uploaded_files_size check (size_bytes >= 0)
    );

    create index uploaded_files_user on uploaded_files (user_id);
  `.execute(db);
}
