// Files come and go: sent or announced by their owner, and deleted. The row is made first, since the bytes are read as soon as they lie in
// storage; what is never followed by its bytes is given up after an hour.

import type * as v from "valibot";
import { DomainError } from "@pantheon/contract/error.ts";
import type { FileUpload } from "@pantheon/contract/files.ts";
import { newId } from "@pantheon/contract/id.ts";
import { rfc3339, type Clock } from "@pantheon/contract/time.ts";
import type { Caller } from "../accounts/caller.ts";
import { accountSuspended } from "../accounts/person.ts";
import { once, type WrittenResponse } from "../audit/once.ts";
import type { RequestKey } from "../audit/request-key.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import type { Log } from "../log.ts";
import { kindOf, MIME_TYPES, UNKNOWN_TYPE } from "./kind.ts";
import { fileNotFound, fileView, readOwnFile, type FileRow } from "./own-files.ts";
import { NEVER_ARRIVED } from "./reading.ts";
import { createFile, deleteFile as DELETE_FILE, forgetFiles, giveUpFiles } from "./statements/file.ts";
import { storageKeyOf, type FileStorage } from "./storage.ts";

export type FileDeps = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Pick<Config, "files">;
  readonly storage: FileStorage | null;
};

/** What is asked for: a session, who asks, and the key of the request. */
type Asking = { readonly caller: Caller; readonly key: RequestKey | null; readonly session: string };

/** The most files of a user that are not deleted. */
const MOST_FILES = 1_000;
const ARRIVES_WITHIN_MS = 60 * 60_000;

/**
 * Takes a file that came whole, and answers its body as stored under the key. 413 for one that is too large or has no room among the
 * user's, 422 for what cannot be read, 404 without the session, 503 without storage. A repeat puts the same bytes again, if they were not
 * read yet: the request before it may have died between the row and the bytes.
 */
export async function sendFile(deps: FileDeps, asking: Asking, file: { filename: string; bytes: Uint8Array }): Promise<WrittenResponse> {
  const storage = storageOf(deps);
  const found = kindOf(file.bytes);
  if ("why" in found) throw unreadable(found.why);
  const answer = await create(deps, asking, {
    filename: file.filename,
    sizeBytes: file.bytes.byteLength,
    mimeType: MIME_TYPES[found.kind],
  });
  const { id } = JSON.parse(answer.body) as { id: string };
  if (answer.replayed && !(await isAwaited(deps.db, id))) return answer;
  try {
    await storage.put(storageKeyOf(id), file.bytes);
  } catch (error) {
    // Under a key the same request tries again; without one nobody will, so the room is freed.
    if (asking.key === null) await deleteFile(deps, asking, id).catch(() => {});
    throw error;
  }
  return answer;
}

/** Makes room for a file whose bytes are put into storage by its owner; refusals as above. */
export async function announceFile(
  deps: FileDeps,
  asking: Asking,
  file: { filename: string; sizeBytes: number },
): Promise<WrittenResponse> {
  storageOf(deps);
  return create(deps, asking, { ...file, mimeType: UNKNOWN_TYPE });
}

type NewFile = { readonly filename: string; readonly sizeBytes: number; readonly mimeType: string };

async function create(deps: FileDeps, { caller, key, session }: Asking, file: NewFile): Promise<WrittenResponse> {
  const { maxBytes, userMaxBytes } = deps.config.files;
  return once(deps.db, { actor: caller.actor, key }, async () => {
    if (file.sizeBytes > maxBytes) throw new DomainError("payload_too_large", `A file may have ${maxBytes} bytes at most.`);
    await deps.db.run(giveUpFiles, { actor: caller.actor, why: NEVER_ARRIVED });
    await deps.db.run(forgetFiles, { actor: caller.actor });
    const id = newId();
    const createdAt = new Date(deps.clock());
    const row: FileRow = {
      ...UNREAD,
      id,
      session_id: session,
      filename: file.filename,
      mime_type: file.mimeType,
      size_bytes: String(file.sizeBytes),
      created_at: createdAt,
    };
    return {
      status: 201,
      body: fileView(row),
      run: (kept) =>
        deps.db.run(createFile, {
          ...kept,
          ...file,
          file: id,
          session,
          storageKey: storageKeyOf(id),
          createdAt,
          arrivesUntil: new Date(deps.clock() + ARRIVES_WITHIN_MS),
          mostFiles: MOST_FILES,
          mostBytes: userMaxBytes,
        }),
      refusal: (made) => {
        if (made?.id) return null;
        if (!made?.is_there) return new DomainError("not_found", "Session not found.");
        if (made.is_suspended) return accountSuspended();
        return new DomainError("payload_too_large", `Your files may have ${userMaxBytes} bytes together, and be ${MOST_FILES} at most.`);
      },
    };
  });
}

const UNREAD = {
  parse_status: "pending",
  parse_error: null,
  pages: null,
  text_octets: null,
  is_truncated: false,
  parsed_at: null,
} as const;

/** Whether the bytes of a file are still to come, or to be read. */
async function isAwaited(db: Database, file: string): Promise<boolean> {
  const row = await db.query
    .selectFrom("uploaded_files")
    .select("id")
    .where("id", "=", file)
    .where("parse_status", "=", "pending")
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Where an announced file is put. 404 for a file that is not there, 409 for one that is read already. */
export async function addressOfFile(
  deps: FileDeps,
  actor: string,
  session: string,
  file: string,
): Promise<v.InferInput<typeof FileUpload>> {
  const storage = storageOf(deps);
  const row = await readOwnFile(deps.db, actor, session, file);
  if (row.parse_status !== "pending") throw new DomainError("conflict", "The file has been read, or given up.");
  const { url, headers, expiresAt } = await storage.address(storageKeyOf(row.id), Number(row.size_bytes));
  return { method: "PUT", url, headers: { ...headers }, expires_at: rfc3339(expiresAt) };
}

/** Deletes a file with its text at once, and its bytes from storage; 404 when there is none. */
export async function deleteFile(deps: FileDeps, { caller, key, session }: Asking, file: string): Promise<WrittenResponse> {
  const answer = await once(deps.db, { actor: caller.actor, key }, () => ({
    status: 204,
    body: null,
    run: (kept) => deps.db.run(DELETE_FILE, { ...kept, session, file }),
    refusal: (row) => (row ? null : fileNotFound()),
  }));
  // What stays behind when this fails is removed by the bucket itself, after some days.
  await deps.storage?.remove(storageKeyOf(file)).catch(() => {});
  return answer;
}

function storageOf({ storage }: FileDeps): FileStorage {
  if (storage === null) throw new DomainError("not_configured", "Files are not configured here.");
  return storage;
}

function unreadable(why: string): DomainError {
  return new DomainError("invalid_request", "The request is not valid.", { errors: [{ path: "file", message: why }] });
}
