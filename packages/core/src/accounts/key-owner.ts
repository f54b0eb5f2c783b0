// Who stands behind the digest of an API key, and whether the key is good now. Reads only; what may be remembered of it is keyring.ts.

import { sql } from "kysely";
import type { KeyState } from "@pantheon/contract/vocabulary.ts";
import type { Database } from "../db/database.ts";
import { keyState } from "../ledger/statements/pass.ts";
import { keyRefused } from "./api-key.ts";
import { byKey, type Caller } from "./caller.ts";
import { accountSuspended } from "./person.ts";

type KeyRow = {
  id: string;
  user_id: string;
  acts_for_others: boolean;
  books_usage: boolean;
  state: KeyState;
  suspended: boolean;
};

/** The caller that the key makes. 401 for a key that is unknown, revoked or expired, 403 when its owner is suspended. */
export async function ownerOf(db: Database, hash: string): Promise<Caller> {
  const slot = sql`${hash}`;
  const { rows } = await sql<KeyRow>`
    select api_keys.id,
           api_keys.user_id,
           api_keys.acts_for_others,
           api_keys.books_usage,
           ${keyState(slot)} as state,
           person.suspended_at is not null as suspended
      from api_keys
           join users as person on person.id = api_keys.user_id
     where api_keys.hash = ${slot}::text or api_keys.former_hash = ${slot}::text`.execute(db.query);
  const row = rows[0];
  if (row?.state !== "good") throw keyRefused(row?.state ?? "unknown");
  if (row.suspended) throw accountSuspended();
  return byKey(row.user_id, { id: row.id, hash, actsForOthers: row.acts_for_others, booksUsage: row.books_usage });
}
