// One way to do a thing once under an Idempotency-Key (contract section 1). The key's row commits in the statement of the effect, so a
// repeat is refused by the database and answered from the row. Turns and top-ups are answered long after they began: they keep key and
// response in their own rows, and share what a key's row says (request-key.ts).

import { invariant, type DomainError } from "@pantheon/contract/error.ts";
import type { Database } from "../db/database.ts";
import { sqlState } from "../db/unavailable.ts";
import type { KeyedWrite } from "./keyed.ts";
import { keyExpired, keyReused, type RequestKey } from "./request-key.ts";

/** Who acts, and the key of their request, or null. */
export type Acting = { readonly actor: string; readonly key: RequestKey | null };

/** An admin who acts, by which request: the audit names both. */
export type ActingAdmin = Acting & { readonly requestId: string };

export type StoredResponse = { readonly status: number; readonly body: string };

/** A response as the caller gets it: made now, or stored by the request that this one repeats. */
export type WrittenResponse = StoredResponse & { readonly replayed: boolean };

/** The slots of bookkeeping that a statement gets from whoever acts. */
export type Kept<By extends Acting> = Omit<By, "key"> & KeyedWrite;

/** A write: its statement, what its caller is told, and how its refusal reads. */
export type Write<By extends Acting, Row extends object> = {
  readonly status: number;
  /** The response, null for none. A statement that finishes it returns it as `body`. */
  readonly body: object | null;
  /** Runs the statement, which stores the response under the key. */
  readonly run: (kept: Kept<By>) => Promise<readonly Row[]>;
  /** What the reply refuses; null when it was written. */
  readonly refusal?: (row: Row | undefined) => DomainError | null;
  /** Where no row means that what was read for it has moved on: it is read and run anew, `tries` times at most, then refused. */
  readonly moved?: { readonly tries: number; readonly refusal: () => DomainError };
  /** What a SQLSTATE of the statement refuses; null when it is another error of that kind. */
  readonly errors?: Readonly<Record<string, (cause: unknown) => DomainError | null>>;
  /** After an error: the response if it was written and only the reply was lost, as the row that it wrote says; null when it was not. */
  readonly written?: () => Promise<object | null>;
};

/**
 * Does what `plan` says, once under the key of `by`. `plan` may read first, and throw a refusal. Whatever ends it without a response, the
 * key's row decides and not the error: the same request is answered as it was, another request is refused with 422
 * `idempotency_key_reused`, one whose response is forgotten with 409 `idempotency_expired`, and without a row the refusal or the error stands.
 */
export async function once<By extends Acting, Row extends object>(
  db: Database,
  by: By,
  plan: () => Write<By, Row> | Promise<Write<By, Row>>,
): Promise<WrittenResponse> {
  try {
    for (let tries = 1; ; tries += 1) {
      const write = await plan();
      const answer = await attempt(by, write);
      if (answer) return { ...answer, replayed: false };
      if (write.moved && tries >= write.moved.tries) throw write.moved.refusal();
    }
  } catch (error) {
    const row = by.key && (await readKey(db, by.actor, by.key));
    if (!row) throw error;
    const reused = keyReused(by.key, row, error);
    if (reused) throw reused;
    if (row.expired_at !== null) throw keyExpired();
    return { status: row.status, body: row.body, replayed: true };
  }
}

/** The response of one try; null when what was read for it has moved on, and nothing was written. */
async function attempt<By extends Acting, Row extends object>(by: By, write: Write<By, Row>): Promise<StoredResponse | null> {
  const { key, ...who } = by;
  const answer = { status: write.status, body: text(write.body) };
  const kept = { ...who, ...answer, key: key?.value ?? null, requestHash: key?.hash ?? null };
  const reply = await write.run(kept).then(
    ([row]) => ({ row }),
    (error: unknown) => ({ error }),
  );
  if ("error" in reply) {
    const written = await write.written?.();
    if (written) return { ...answer, body: text(written) };
    throw write.errors?.[sqlState(reply.error) ?? ""]?.(reply.error) ?? reply.error;
  }
  const { row } = reply;
  const refusal = write.refusal?.(row);
  if (refusal) throw refusal;
  if (!row && write.moved) return null;
  invariant(row, "a write that is not refused returns a row");
  return "body" in row && typeof row.body === "string" ? { ...answer, body: row.body } : answer;
}

function text(body: object | null): string {
  return body === null ? "" : JSON.stringify(body);
}

function readKey(db: Database, actor: string, key: RequestKey) {
  return db.query
    .selectFrom("idempotency_keys")
    .select(["request_hash", "status", "body", "expired_at"])
    .where("user_id", "=", actor)
    .where("key", "=", key.value)
    .executeTakeFirst();
}
