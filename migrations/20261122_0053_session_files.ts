// What a file of a session needs: where its bytes lie, how far it is read, and its text by pages. Nobody has used the table before.
// The text stands in the file's own row, so that whatever deletes a file takes the text with it, whoever is reading it just then.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table uploaded_files
      drop column content, -- text_pages has it
      add column session_id     uuid not null references sessions,
      add column storage_key    text not null,
      -- Bytes that are not there by then never come.
      add column arrives_until  timestamptz not null,
      add column parse_status   text not null default 'pending',
      -- How often reading began: what kills its reader is not begun for ever.
      add column parse_attempts int not null default 0,
      -- Why it could not be read, for people.
      add column parse_error    text,
      add column parsed_at      timestamptz,
      -- People's text: a page is what a model is shown at once.
      add column text_pages     text[],
      add column text_octets    bigint,
      -- The text was longer than what is kept of it.
      add column is_truncated   boolean not null default false,

      add constraint uploaded_files_storage_key unique (storage_key),
      add constraint uploaded_files_filename check (char_length(filename) <= 255),
      add constraint uploaded_files_status check (parse_status in ('pending', 'completed', 'failed')),
      add constraint uploaded_files_attempts check (parse_attempts >= 0),
      add constraint uploaded_files_error check ((parse_error is not null) = (parse_status = 'failed')),
      add constraint uploaded_files_read check (
        (parsed_at is not null) = (parse_status <> 'pending')
        and (text_octets is not null) = (parse_status = 'completed')
      ),
      add constraint uploaded_files_text check (
        case when parse_status = 'completed' and deleted_at is null then coalesce(cardinality(text_pages), 0) >= 1 else text_pages is null end
      ),
      -- A deleted file's name is people's text too.
      add constraint uploaded_files_forgotten check ((filename = '') = (deleted_at is not null)),
      add constraint uploaded_files_text_octets check (text_octets >= 0);

    drop index uploaded_files_user; -- the next one begins with the same column
    create index uploaded_files_pending on uploaded_files (user_id, arrives_until) where parse_status = 'pending';
    create index uploaded_files_session on uploaded_files (session_id, created_at desc, id desc) where deleted_at is null;
    create index uploaded_files_user on uploaded_files (user_id, created_at desc, id desc);

    -- What a user's files take, in a row that an upload locks: sums of a snapshot would let two uploads at once pass the quota.
    create table file_usage (
      user_id text primary key references users,
      files   int not null default 0,
      bytes   bigint not null default 0,

      constraint file_usage_files check (files >= 0),
      constraint file_usage_bytes check (bytes >= 0)
    );

    grant select, insert, update on uploaded_files, file_usage to pantheon_app;
  `.execute(db);
}
