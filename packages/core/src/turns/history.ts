// What was said in a session: its turns (running and failed ones too), and its messages (two a completed turn). Newest first.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { newestFirst, positionOf } from "../db/newest-first.ts";
import { listed, type Listed, type Page } from "@pantheon/contract/page.ts";
import { readSession } from "./sessions.ts";
import { unsettledTurnView, type UnsettledTurn } from "./view.ts";
import type * as v from "valibot";
import type { TurnRead } from "@pantheon/contract/turns.ts";
import type { Role } from "@pantheon/contract/vocabulary.ts";

/** The turns of a session of this user, by time and id, as TurnRead. 404 when the session is not theirs. */
export async function listTurns(db: Database, user: string, session: string, page: Page): Promise<Listed<v.InferInput<typeof TurnRead>>> {
  await readSession(db, user, session);
  const turns = db.query
    .selectFrom("turns")
    .select(["id", "session_id", "turn_index", "user_input", "status", "model_alias", "pricing_version", "prune_triggered", "created_at"])
    .select("response_body")
    .where("session_id", "=", session);
  const rows = await newestFirst(turns, page).execute();
  const counted = await db.query
    .selectFrom("turns")
    .select((column) => column.fn.countAll<string>().as("count"))
    .where("session_id", "=", session)
    .executeTakeFirstOrThrow();
  const { next, total, rows: shown } = listed(rows, page, Number(counted.count), positionOf);
  return { rows: shown.map(turnView), total, next };
}

export type MessageRow = {
  turn_id: string;
  role: Role;
  content: string;
  created_at: Date;
  turn_index: number;
  part: number;
};

/** The messages of a session of this user. Completed turns are numbered without gaps, so the last number is the count. */
export async function listMessages(db: Database, user: string, session: string, page: Page): Promise<Listed<MessageRow>> {
  await readSession(db, user, session);
  const [index, part] = page.after ?? [];
  const { rows } = await sql<MessageRow>`
    select t.id as turn_id, t.turn_index, m.part, m.role, m.content, m.created_at
      from turns t
      cross join lateral (values (1, 'user', t.user_input, t.created_at), (2, 'assistant', t.assistant_output, t.completed_at)) as m (part, role, content, created_at)
     where t.session_id = ${session}::uuid and t.status = 'completed'
       and (${index ?? null}::int is null or (t.turn_index, m.part) < (${index ?? null}::int, ${part ?? null}::int))
     order by t.turn_index desc, m.part desc
    offset ${page.offset}::int limit ${page.limit + 1}::int`.execute(db.query);
  const last = await db.query
    .selectFrom("turns")
    .select((column) => column.fn.max("turn_index").as("index"))
    .where("session_id", "=", session)
    .where("status", "=", "completed")
    .executeTakeFirst();
  return listed(rows, page, 2 * (last?.index ?? 0), (row) => [String(row.turn_index), String(row.part)]);
}

function turnView(row: UnsettledTurn & { response_body: string | null }): v.InferInput<typeof TurnRead> {
  return row.response_body === null ? unsettledTurnView(row) : JSON.parse(row.response_body);
}
