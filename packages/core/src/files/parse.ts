// A file whose bytes have come is read, once: whoever delivers it, however often, and whatever dies on the way. Each step may be the last
// one; the next delivery goes on from the row.

import { errorName, type Log } from "../log.ts";
import type { Database } from "../db/database.ts";
import type { FileStorage } from "./storage.ts";
import { beginParse, completeParse, failParse, releaseParse, type BegunFile } from "./statements/parse.ts";
import type { Parsed } from "./parsing/parsed.ts";

export type ParseDeps = { readonly db: Database; readonly log: Log; readonly storage: FileStorage; readonly maxBytes: number };

/** `not_found`: no such file, or none that is still to be read. `gone`: it was read or deleted by somebody else meanwhile. */
export type ParseOutcome = "completed" | "failed" | "not_found" | "missing" | "gone";

/** So many deliveries may die over a file: the one after them, which is the last that AWS makes, says that it cannot be read. */
const MOST_ATTEMPTS = 2;
/** Longer than reading may take. */
const LEASE_MS = 90_000;
const BOUNDS = { ms: 60_000, heapMb: 768, growthMb: 1_200 };

/**
 * Reads the file that lies under this key, keeps its text or why there is none, and removes its bytes. Deliveries that come twice, late or
 * side by side find nothing to do. Rejects when the database or the storage is away: then it is to be delivered again.
 */
export async function parseFile(deps: ParseDeps, storageKey: string): Promise<ParseOutcome> {
  const [file] = await deps.db.run(beginParse, { storageKey, leaseMs: LEASE_MS });
  if (!file) {
    if (await isAwaited(deps.db, storageKey)) throw new Error("somebody else reads the file"); // who may die: it is to be delivered again
    await deps.storage.remove(storageKey); // of a file that was deleted, or read before
    return "not_found";
  }
  const kept = await readAndKeep(deps, file, storageKey).catch(async (error: unknown) => {
    await deps.db.run(releaseParse, { file: file.id, attempt: file.parse_attempts }).catch(() => {});
    throw error;
  });
  if (kept === "missing") return "missing";
  await deps.storage.remove(storageKey).catch((error: unknown) => {
    deps.log.warn("A file's bytes stay until the bucket removes them.", { file: file.id, error: errorName(error) });
  });
  return kept;
}

async function readAndKeep(deps: ParseDeps, file: BegunFile, storageKey: string): Promise<ParseOutcome> {
  const parsed = await read(deps, file, storageKey);
  if (parsed !== "missing") return keep(deps, file.id, parsed);
  await deps.db.run(releaseParse, { file: file.id, attempt: file.parse_attempts });
  return "missing";
}

async function isAwaited(db: Database, storageKey: string): Promise<boolean> {
  const row = await db.query
    .selectFrom("uploaded_files")
    .select("id")
    .where("storage_key", "=", storageKey)
    .where("parse_status", "=", "pending")
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  return row !== undefined;
}

async function read({ storage, maxBytes }: ParseDeps, file: BegunFile, storageKey: string): Promise<Parsed | "missing"> {
  if (file.parse_attempts > MOST_ATTEMPTS) return { why: "The file takes too much time or memory to be read." };
  const bytes = await storage.read(storageKey, maxBytes);
  if (bytes === "missing") return "missing"; // removed meanwhile; if it comes again, so does its event
  if (bytes === "too_large") return { why: `The file has more than ${maxBytes} bytes.` };
  if (bytes.byteLength !== Number(file.size_bytes)) return { why: "The file has another size than was announced." };
  const { parseInThread } = await import("./parsing/thread.ts");
  return parseInThread(bytes, BOUNDS);
}

async function keep({ db }: ParseDeps, file: string, parsed: Parsed): Promise<ParseOutcome> {
  if ("why" in parsed) {
    const [failed] = await db.run(failParse, { file, why: parsed.why });
    return failed ? "failed" : "gone";
  }
  const { mimeType, pages, isTruncated } = parsed;
  const octets = pages.reduce((sum, page) => sum + Buffer.byteLength(page), 0);
  const [completed] = await db.run(completeParse, { file, mimeType, pages, octets, isTruncated });
  return completed ? "completed" : "gone";
}
