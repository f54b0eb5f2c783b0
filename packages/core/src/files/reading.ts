// What a session's files say: which there are, and the text of one, page by page. For the file's owner and for the tool that a model reads
// files with: what cannot be read is an outcome here and no error. Text of a file is data; nobody follows what it says.

import { sql } from "kysely";
import { isId } from "@pantheon/contract/id.ts";
import type { ParseStatus } from "@pantheon/contract/vocabulary.ts";
import type { Database } from "../db/database.ts";
import type { FilePage, InSession } from "../tools/file-texts.ts";

/** What a model is told of a file. Its name is a label that somebody chose. */
export type SessionFile = {
  readonly id: string;
  readonly filename: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  readonly status: ParseStatus;
  /** Null until it is read. */
  readonly pages: number | null;
};

/** Said of a file whose bytes never came. */
export const NEVER_ARRIVED = "The file was announced, but never arrived.";

const MOST_FILES = 50;
const MOST_PAGES = 1_000_000;

/** The newest files of the session, 50 at most, newest first; none for a session that is not the actor's. */
export async function filesOfSession(db: Database, { session, actor }: InSession): Promise<SessionFile[]> {
  const { rows } = await sql<Row & { id: string; mime_type: string; size_bytes: string }>`
    select file.id, file.filename, file.mime_type, file.size_bytes, ${STATUS}, cardinality(file.text_pages) as pages
      from uploaded_files as file
      join sessions as session on session.id = file.session_id
     where file.session_id = ${session}::uuid
       and file.user_id = ${actor}::text
       and file.deleted_at is null
       and session.deleted_at is null
     order by file.created_at desc, file.id desc
     limit ${MOST_FILES}::int`.execute(db.query);
  return rows.map((row) => ({
    id: row.id,
    filename: row.filename,
    mimeType: row.mime_type,
    sizeBytes: Number(row.size_bytes),
    status: row.status,
    pages: row.pages,
  }));
}

/** One page of a file of this session. A file of another session, or of somebody else, is as unknown as one that never was. */
export async function readFilePage(db: Database, { session, actor }: InSession, file: string, page = 1): Promise<FilePage> {
  if (!isId(file)) return { status: "not_found" };
  const asked = Number.isInteger(page) && page >= 1 && page <= MOST_PAGES ? page : 0;
  const { rows } = await sql<Row & { text: string | null; parse_error: string | null; is_truncated: boolean }>`
    select file.filename, ${STATUS}, cardinality(file.text_pages) as pages, file.text_pages[${asked}::int] as text,
           file.parse_error, file.is_truncated
      from uploaded_files as file
      join sessions as session on session.id = file.session_id
     where file.id = ${file}::uuid
       and file.session_id = ${session}::uuid
       and file.user_id = ${actor}::text
       and file.deleted_at is null
       and session.deleted_at is null`.execute(db.query);
  const [row] = rows;
  if (!row) return { status: "not_found" };
  if (row.status === "pending") return { status: "pending" };
  if (row.status === "failed") return { status: "failed", error: row.parse_error ?? NEVER_ARRIVED };
  const pages = row.pages ?? 0;
  if (row.text === null) return { status: "no_such_page", pages };
  return { status: "completed", filename: row.filename, page, pages, text: row.text, isTruncated: row.is_truncated };
}

type Row = { filename: string; status: ParseStatus; pages: number | null };

/** A file that is still to come, after the time in which it could, counts as failed from then on. */
const STATUS = sql<ParseStatus>`
  case when file.parse_status = 'pending' and file.arrives_until < now() then 'failed' else file.parse_status end as status`;
