// A file is read: begun, and ended by whoever comes first. Deliveries that come twice, late or side by side find nothing left to do.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type BegunFile = { id: string; filename: string; size_bytes: string; parse_attempts: number };

/** Counts one more attempt of a file that is still to be read, and that nobody reads. No row: unknown, deleted, read already, or being read. */
export const beginParse = prepared<{ storageKey: string; leaseMs: number }, BegunFile>(
  "begin_parse",
  (slot) => sql`
update uploaded_files
   set parse_attempts = parse_attempts + 1,
       parse_until = clock_timestamp() + ${slot.leaseMs}::int * interval '1 millisecond'
 where storage_key = ${slot.storageKey}::text
   and parse_status = 'pending'
   and deleted_at is null
   and (parse_until is null or parse_until < clock_timestamp())
returning id, filename, size_bytes, parse_attempts`,
);

/** Takes an attempt back that came to nothing without dying: the next delivery reads at once. No row: it is over, or somebody else's. */
export const releaseParse = prepared<{ file: string; attempt: number }, { id: string }>(
  "release_parse",
  (slot) => sql`
update uploaded_files
   set parse_attempts = parse_attempts - 1,
       parse_until = null
 where id = ${slot.file}::uuid
   and parse_status = 'pending'
   and parse_attempts = ${slot.attempt}::int
returning id`,
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
