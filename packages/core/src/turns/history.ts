// What was said in a session: its turns (running and failed ones too), and its messages (two a completed turn). Newest first.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import type { List } from "@pantheon/contract/page.ts";
import { readSession } from "./sessions.ts";
import { unsettledTurnView, type KeptCall, type UnsettledTurn } from "./view.ts";
import type * as v from "valibot";
import type { TurnRead } from "@pantheon/contract/turn-read.ts";
import type { Role } from "@pantheon/contract/vocabulary.ts";

export type TurnRow = UnsettledTurn & { response_body: string | null };

/** The turns of a session of this actor, by time and id. A page is 404 when the session is not theirs. */
export function listTurns(db: Database, actor: string, session: string): List<TurnRow> {
  const rows = db.query
    .selectFrom("turns")
    .select([
      "id",
      "session_id",
      "turn_index",
      "status",
      "model_alias",
      "pricing_version",
      "prune_triggered",
      "max_output_tokens",
      "replaces",
      "created_at",
    ])
    .select("response_body")
    .select(sql<string>`case when response_body is null then user_input else '' end`.as("user_input")) // a body has it already
    .select(sql<number>`octet_length(coalesce(response_body, user_input))`.as("octets"))
    .where("session_id", "=", session);
  return ofTheirs(db, actor, session, listOf({ on: db.query, rows, large: true }));
}

export type MessageRow = {
  turn_id: string;
  role: Role;
  content: string;
  created_at: Date;
  turn_index: number;
  part: number;
};

/** The messages of a session of this actor. Completed turns are numbered without gaps, so the last number is the count. */
export function listMessages(db: Database, actor: string, session: string): List<MessageRow> {
  const rows = sql<MessageRow>`
    select t.id as turn_id, t.turn_index, m.part, m.role, m.content, m.created_at, octet_length(m.content) as octets
      from turns t
      cross join lateral (values (1, 'user', t.user_input, t.created_at), (2, 'assistant', t.assistant_output, t.completed_at)) as m (part, role, content, created_at)
     where t.session_id = ${session}::uuid and t.status = 'completed'`;
  const messages = listOf({
    on: db.query,
    rows,
    order: [
      ["turn_index", "int"],
      ["part", "int"],
    ],
    large: true,
    async total() {
      const last = await db.query
        .selectFrom("turns")
        .select((column) => column.fn.max("turn_index").as("index"))
        .where("session_id", "=", session)
        .where("status", "=", "completed")
        .executeTakeFirst();
      return 2 * (last?.index ?? 0);
    },
  });
  return ofTheirs(db, actor, session, messages);
}

/** A list that is read only when the session is this actor's. */
function ofTheirs<Row>(db: Database, actor: string, session: string, list: List<Row>): List<Row> {
  return {
    ...list,
    async read(page) {
      await readSession(db, actor, session);
      return list.read(page);
    },
  };
}

/** A turn as TurnRead (contract section 3). */
export function turnView(row: TurnRow): v.InferInput<typeof TurnRead> {
  if (row.response_body === null) return unsettledTurnView(row);
  const { requested_calls: _, ...turn } = JSON.parse(row.response_body) as KeptCall; // the calls are for the replay of a call alone
  return turn;
}
