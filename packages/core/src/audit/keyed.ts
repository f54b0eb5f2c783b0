// The row of an Idempotency-Key: part of the statement of the write that it stands for, so that neither is ever without the other.

import { sql, type RawBuilder } from "kysely";
import type { KeyedWrite } from "./once.ts";
import type { Slots } from "../db/prepared.ts";

/**
 * The CTE `keyed`: one row for each row of `source`, which is what was written; without a source one row. `user` is whose key it is.
 * Without a key there is no row. A key that was used before is 23505 on `idempotency_keys_pkey`, and undoes the whole statement.
 */
export function keyed(user: RawBuilder<unknown>, slot: Slots<KeyedWrite>, source?: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  -- The caller's key with what they are told, now and when they ask again.
  keyed as (
    insert into idempotency_keys (user_id, key, request_hash, status, body)
    select ${user}::text, ${slot.key}::text, ${slot.requestHash}::text, ${slot.status}::int,
           ${slot.body}::text
      ${source === undefined ? sql`` : sql`from ${source}`}
     where ${slot.key}::text is not null
  )`;
}
