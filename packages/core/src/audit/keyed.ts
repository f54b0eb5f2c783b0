// The row of an Idempotency-Key: part of the statement of the write that it stands for, so that neither is ever without the other.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../db/prepared.ts";

/** The slots of a keyed write: who acts, under which key, and what they are told. `once` fills them. */
export type KeyedWrite = { actor: string; key: string | null; requestHash: string | null; status: number; body: string };

/**
 * The CTE `keyed`: one row for each row of `source`, which is what was written; without a source one row. `body` is what the statement has
 * made of the slot's. Without a key there is no row. A key that was used before is 23505 on `idempotency_keys_pkey`, and undoes the
 * whole statement.
 */
export function keyed(
  slot: Slots<KeyedWrite>,
  { source, body = sql`${slot.body}::text` }: { source?: RawBuilder<unknown>; body?: RawBuilder<unknown> | undefined } = {},
): RawBuilder<unknown> {
  return sql`
  -- The actor's key with what they are told, now and when they ask again.
  keyed as (
    insert into idempotency_keys (user_id, key, request_hash, status, body)
    select ${slot.actor}::text, ${slot.key}::text, ${slot.requestHash}::text, ${slot.status}::int,
           ${body}
      ${source === undefined ? sql`` : sql`from ${source}`}
     where ${slot.key}::text is not null
  )`;
}

/** A response's body with one text more at its end: only the statement knows the figure, as the row that it locked has it. */
export function finished(body: RawBuilder<unknown>, member: string, text: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`left(${body}::text, -1) || ${sql.lit(`,"${member}":"`)} || ${text} || '"}'`;
}
