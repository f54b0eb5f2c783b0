// What was said in a session: its turns (running and failed ones too), and its messages (two a completed turn). Newest first.

import { sql, type RawBuilder } from "kysely";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import type { List } from "@pantheon/contract/page.ts";
import { readSession } from "./sessions.ts";
import { unsettledTurnView, type KeptCall, type UnsettledTurn } from "./view.ts";
import type * as v from "valibot";
import { PREVIEW_CHARACTERS, type ListedTurn } from "@pantheon/contract/turns.ts";
import type { Role } from "@pantheon/contract/vocabulary.ts";

export type TurnRow = UnsettledTurn & { response_body: string | null; shortened: Shortened };

/** What a list has of each text: its beginning, or all of it. */
export type Texts = "preview" | "whole";
/** The characters of the texts that are cut, by their names; null where none is. */
type Shortened = Readonly<Record<string, number>> | null;

const MOST = sql.lit(PREVIEW_CHARACTERS);
/** A text of fewer octets is not looked at: it has as few characters. */
const isLong = (text: RawBuilder<unknown>) => sql`octet_length(${text}) > ${MOST} and char_length(${text}) > ${MOST}`;

/** The turns of a session of this actor, by time and id. A page is 404 when the session is not theirs. */
export function listTurns(db: Database, actor: string, session: string, texts: Texts): List<TurnRow> {
  const said = texts === "whole" ? WHOLE : CUT;
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
    .select([said.body.as("response_body"), said.input.as("user_input"), said.shortened.as("shortened")])
    .select(sql<number>`octet_length(coalesce(${said.body}, ${said.input}))`.as("octets"))
    .where("session_id", "=", session);
  return ofTheirs(db, actor, session, listOf({ on: db.query, rows, large: true }));
}

/** The texts of a turn as they stand. A body has the message already. */
const WHOLE = {
  body: sql<string | null>`response_body`,
  input: sql<string>`case when response_body is null then user_input else '' end`,
  shortened: sql<Shortened>`null::jsonb`,
};

const LENGTHS = sql`jsonb_strip_nulls(jsonb_build_object(
  'user_input', case when ${isLong(sql`user_input`)} then char_length(user_input) end,
  'assistant_output', case when ${isLong(sql`assistant_output`)} then char_length(assistant_output) end))`;

/** The beginnings of a turn's texts, and how long those are that were cut. A body without a long text stays as it is. */
const CUT = {
  body: sql<string | null>`
    case when (${isLong(sql`user_input`)} or ${isLong(sql`assistant_output`)}) and pg_input_is_valid(response_body, 'jsonb')
         then (response_body::jsonb
               || jsonb_build_object('user_input', left(user_input, ${MOST}), 'assistant_output', left(assistant_output, ${MOST})))::text
         else response_body end`,
  input: sql<string>`case when response_body is null then left(user_input, ${MOST}) else '' end`,
  shortened: sql<Shortened>`nullif(${LENGTHS}, '{}')`,
};

export type MessageRow = {
  turn_id: string;
  role: Role;
  content: string;
  /** How many characters it has in all, where it is cut. */
  characters: number | null;
  created_at: Date;
  turn_index: number;
  part: number;
};

/** The messages of a session of this actor. Completed turns are numbered without gaps, so the last number is the count. */
export function listMessages(db: Database, actor: string, session: string, texts: Texts): List<MessageRow> {
  const isCut = texts === "whole" ? sql`false` : isLong(sql`m.content`);
  const rows = sql<MessageRow>`
    select t.id as turn_id, t.turn_index, m.part, m.role, m.created_at, shown.content, octet_length(shown.content) as octets,
           case when ${isCut} then char_length(m.content) end as characters
      from turns t
      cross join lateral (values (1, 'user', t.user_input, t.created_at), (2, 'assistant', t.assistant_output, t.completed_at)) as m (part, role, content, created_at)
      cross join lateral (select case when ${isCut} then left(m.content, ${MOST}) else m.content end as content) as shown
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

/** A turn as a list has it (contract section 3). */
export function turnView({ shortened, ...row }: TurnRow): v.InferInput<typeof ListedTurn> {
  const cut = shortened === null ? {} : { shortened };
  if (row.response_body === null) return { ...unsettledTurnView(row), ...cut };
  const { requested_calls: _, ...turn } = JSON.parse(row.response_body) as KeptCall; // the calls are for the replay of a call alone
  return { ...turn, ...cut };
}
