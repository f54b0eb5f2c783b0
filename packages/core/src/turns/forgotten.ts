// The turns of a session that neither its summary stands for nor its model is shown: what a new summary has to take in.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import type { OpenedTurn } from "./open.ts";
import type { Past } from "./past.ts";

const MOST_TURNS = 500;

/** The newest of them, of at most so many octets together, oldest first. Completed turns never change, so no lock is needed. */
export async function forgotten(db: Database, session: string, turn: OpenedTurn, mostOctets: number): Promise<Past[]> {
  const from = turn.history[0]?.index ?? turn.index;
  const { rows } = await sql<Past>`
    select told.turn_index as index, turns.user_input as "user", turns.assistant_output as assistant
      from (select id, turn_index,
                   sum(octet_length(user_input) + octet_length(assistant_output)) over (order by turn_index desc) as octets
              from turns
             where session_id = ${session}::uuid
               and status = 'completed'
               and turn_index > ${turn.summary?.through ?? 0}::int
               and turn_index < ${from}::int
             order by turn_index desc
             limit ${MOST_TURNS}::int) as told
           join turns on turns.id = told.id
     where told.octets <= ${Math.max(0, Math.floor(mostOctets))}::bigint
     order by told.turn_index`.execute(db.query);
  return rows;
}
