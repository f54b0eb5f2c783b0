// Writes that a caller may send again under one Idempotency-Key (contract section 1): the key's row commits in the same statement as
// the effect, so a repeat is refused by the database and answered from the row. Turns and top-ups keep key and answer in their own rows.

import { DomainError } from "@pantheon/contract/error.ts";
import type { Database } from "../db/database.ts";

/** A caller's key, and the digest of the request that it stands for. */
export type RequestKey = { readonly value: string; readonly hash: string };

export type StoredAnswer = { readonly status: number; readonly body: string };

/** The slots that a keyed statement fills `idempotency_keys` from. */
export type KeyedWrite = { key: string | null; requestHash: string | null; status: number; body: string };

/** An answer as the caller gets it: made now, or stored by the request that this one repeats. */
export type Answered = StoredAnswer & { readonly replayed: boolean };

/** The key and the answer as a statement's slots. */
export function keyedWrite(key: RequestKey | null, answer: StoredAnswer): KeyedWrite {
  return { key: key?.value ?? null, requestHash: key?.hash ?? null, status: answer.status, body: answer.body };
}

/**
 * Runs `write`, which stores its answer under the actor's key in the statement of its effect. When it fails, the key's row decides and not the
 * error: the same request is answered as it was, another request is refused, and without a row the error stands.
 */
export async function writeOnce(
  db: Database,
  actor: string,
  key: RequestKey | null,
  write: () => Promise<StoredAnswer>,
): Promise<Answered> {
  try {
    return { ...(await write()), replayed: false };
  } catch (error) {
    const row = key && (await readKey(db, actor, key));
    if (!row) throw error;
    if (row.request_hash !== key.hash) {
      throw new DomainError("idempotency_key_reused", "This Idempotency-Key was used for another request.", { cause: error });
    }
    return { status: row.status, body: row.body, replayed: true };
  }
}

function readKey(db: Database, actor: string, key: RequestKey) {
  return db.query
    .selectFrom("idempotency_keys")
    .select(["request_hash", "status", "body"])
    .where("user_id", "=", actor)
    .where("key", "=", key.value)
    .executeTakeFirst();
}
