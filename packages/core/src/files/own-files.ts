// The files of a session as their owner sees them: listed, and one looked at. Whatever is not the caller's is as unknown as what never was.

import { sql } from "kysely";
import type * as v from "valibot";
import { DomainError } from "@pantheon/contract/error.ts";
import type { SessionFile, SessionFileRead } from "@pantheon/contract/files.ts";
import type { List } from "@pantheon/contract/page.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { ParseStatus } from "@pantheon/contract/vocabulary.ts";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import { NEVER_ARRIVED } from "./reading.ts";

export type FileRow = {
  id: string;
  session_id: string;
  filename: string;
  mime_type: string;
  size_bytes: string;
  parse_status: ParseStatus;
  parse_error: string | null;
  pages: number | null;
  text_octets: string | null;
  is_truncated: boolean;
  created_at: Date;
  parsed_at: Date | null;
};

const PREVIEW_CHARACTERS = 2_000;

/** One file of a session of this actor, with the beginning of its text. */
export async function readFile(db: Database, actor: string, session: string, file: string): Promise<v.InferInput<typeof SessionFileRead>> {
  const row = await readOwnFile(db, actor, session, file);
  return { ...fileView(row), text_preview: row.preview };
}

/** The row of one file of a session of this actor, with the beginning of its text. 404 when there is none. */
export async function readOwnFile(
  db: Database,
  actor: string,
  session: string,
  file: string,
): Promise<FileRow & { preview: string | null }> {
  const preview = sql<string | null>`left(file.text_pages[1], ${PREVIEW_CHARACTERS}::int)`.as("preview");
  const row = await filesOf(db, actor, session).select(preview).where("file.id", "=", file).executeTakeFirst();
  if (!row) throw fileNotFound();
  return row;
}

/** The files of a session by time and id, newest first. 404 when the session is not this actor's. */
export async function listFiles(db: Database, actor: string, session: string): Promise<List<FileRow>> {
  const owned = await db.query
    .selectFrom("sessions")
    .select("id")
    .where("id", "=", session)
    .where("user_id", "=", actor)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  if (!owned) throw new DomainError("not_found", "Session not found.");
  return listOf({ on: db.query, rows: filesOf(db, actor, session) });
}

function filesOf(db: Database, actor: string, session: string) {
  // `now()`, since a volatile function would keep the planner from reading the rows in their order.
  const isLate = sql<boolean>`file.parse_status = 'pending' and file.arrives_until < now()`;
  // Asked once and first, so that the files are read in the order of their index.
  const liveSession = db.query.selectFrom("sessions").select("id").where("id", "=", session).where("deleted_at", "is", null);
  return db.query
    .selectFrom("uploaded_files as file")
    .select(["file.id", "file.session_id", "file.filename", "file.mime_type", "file.size_bytes", "file.text_octets"])
    .select(["file.is_truncated", "file.created_at", "file.parsed_at"])
    .select([
      sql<ParseStatus>`case when ${isLate} then 'failed' else file.parse_status end`.as("parse_status"),
      sql<string | null>`case when ${isLate} then ${NEVER_ARRIVED}::text else file.parse_error end`.as("parse_error"),
      sql<number | null>`cardinality(file.text_pages)`.as("pages"),
    ])
    .where("file.session_id", "=", liveSession)
    .where("file.user_id", "=", actor)
    .where("file.deleted_at", "is", null);
}

/** A file as it leaves. */
export function fileView(row: FileRow): v.InferInput<typeof SessionFile> {
  return {
    id: row.id,
    session_id: row.session_id,
    filename: row.filename,
    mime_type: row.mime_type,
    size_bytes: Number(row.size_bytes),
    parse_status: row.parse_status,
    parse_error: row.parse_error,
    pages: row.pages,
    text_octets: row.text_octets === null ? null : Number(row.text_octets),
    is_truncated: row.is_truncated,
    created_at: rfc3339(row.created_at),
    parsed_at: row.parsed_at && rfc3339(row.parsed_at),
  };
}

/** What is not the caller's is as unknown as what never was. */
export function fileNotFound(): DomainError {
  return new DomainError("not_found", "File not found.");
}
