// A file is read: begun, and ended by whoever comes first. Deliveries that come twice, late or side by side find nothing left to do.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type BegunFile = { id: string; filename: string; size_bytes: string; parse_attempts: number };

/** Counts one more attempt of a file that is still to be read. No row: unknown, deleted, or read already. */
export const beginParse = prepared<{ storageKey: string }, BegunFile>(
  "begin_parse",
  (slot) => sql`
update uploaded_files
   set parse_attempts = parse_attempts + 1
 where storage_key = ${slot.storageKey}::text
   and parse_status = 'pending'
   and deleted_at is null
returning id, filename, size_bytes, parse_attempts`,
);

type CompleteInput = { file: string; mimeType: string; pages: readonly string[]; octets: number; isTruncated: boolean };

/** Keeps what was read, once. No row: it was ended or deleted meanwhile, and nothing was kept. */
export const completeParse = prepared<CompleteInput, { id: string }>(
  "complete_parse",
  (slot) => sql`
update uploaded_files
   set parse_status = 'completed',
       parsed_at = clock_timestamp(),
       mime_type = ${slot.mimeType}::text,
       text_pages = ${slot.pages}::text[],
       text_octets = ${slot.octets}::bigint,
       is_truncated = ${slot.isTruncated}::boolean
 where id = ${slot.file}::uuid
   and parse_status = 'pending'
   and deleted_at is null
returning id`,
);

/** Keeps why it could not be read, once. No row: it was ended or deleted meanwhile. */
export const failParse = prepared<{ file: string; why: string }, { id: string }>(
  "fail_parse",
  (slot) => sql`
update uploaded_files
   set parse_status = 'failed',
       parsed_at = clock_timestamp(),
       parse_error = ${slot.why}::text
 where id = ${slot.file}::uuid
   and parse_status = 'pending'
   and deleted_at is null
returning id`,
);
