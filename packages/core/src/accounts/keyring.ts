// Whose an API key is. Owns what a container remembers of keys: the row and the owner behind a digest, which never change. Whether a key
// is still good changes, and is never remembered.

import { sql } from "kysely";
import type { KeyState } from "@pantheon/contract/vocabulary.ts";
import type { Database } from "../db/database.ts";
import { keyState } from "../ledger/statements/pass.ts";
import { keyHash, keyRefused } from "./api-key.ts";
import { byKey, type Caller } from "./caller.ts";
import { accountSuspended } from "./person.ts";

/** How many keys a container remembers the owners of. One more, and the one that came first is forgotten. */
export const MOST_KEYS = 1_000;

export type Keyring = {
  /**
   * Who calls with this key. `decidedLater`: the request runs a turn, whose statement asks the key's row itself, so what a container
   * remembers of the owner is enough. Otherwise the row is asked now. 401 for a key that is unknown, revoked or expired, 403 when its
   * owner is suspended.
   */
  callerOf(text: string, asked: { readonly decidedLater: boolean }): Promise<Caller>;
};

type KeyRow = { id: string; user_id: string; state: KeyState; suspended: boolean };

/** Knows nobody yet. */
export function createKeyring(db: Database): Keyring {
  const known = new Map<string, Caller>();
  return {
    async callerOf(text, { decidedLater }) {
      const hash = keyHash(text);
      if (hash === null) throw keyRefused("unknown");
      const remembered = known.get(hash);
      if (remembered !== undefined && decidedLater) return remembered;
      const caller = await readCaller(db, hash);
      if (known.size >= MOST_KEYS) known.delete(known.keys().next().value ?? "");
      known.set(hash, caller);
      return caller;
    },
  };
}

async function readCaller(db: Database, hash: string): Promise<Caller> {
  const slot = sql`${hash}`;
  const { rows } = await sql<KeyRow>`
    select api_keys.id,
           api_keys.user_id,
           ${keyState(slot)} as state,
           person.suspended_at is not null as suspended
      from api_keys
           join users as person on person.id = api_keys.user_id
     where api_keys.hash = ${slot}::text or api_keys.former_hash = ${slot}::text`.execute(db.query);
  const row = rows[0];
  if (row?.state !== "good") throw keyRefused(row?.state ?? "unknown");
  if (row.suspended) throw accountSuspended();
  return byKey(row.user_id, { id: row.id, hash });
}
