// The turns of a session that neither its summary stands for nor its model is shown: what a new summary has to take in.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import type { OpenedTurn } from "./open.ts";
import { keptOf, type Past } from "./past.ts";

const MOST_TURNS = 500;

/** The newest of them, of at most so many octets together, oldest first, of each place the newest. Completed turns never change, so no lock is needed. */
export async function forgotten(db: Database, session: string, turn: OpenedTurn, mostOctets: number): Promise<Past[]> {
  const { through, seen } = turn.summary ?? { through: 0, seen: 0 };
  const before = turn.history[0]?.place ?? turn.index;
  const { rows } = await sql<Past>`
    select told.place, turns.user_input as "user", turns.assistant_output as assistant
      from (select id, place,
                   sum(octet_length(user_input) + octet_length(assistant_output)) over (order by place desc) as octets
              from (select distinct on (coalesce(place, turn_index))
                           id, coalesce(place, turn_index) as place, turn_index, user_input, assistant_output
                      from turns
                     where session_id = ${session}::uuid
                       and status = 'completed'
                       and turn_index > ${through}::int
                     order by coalesce(place, turn_index) desc, turn_index desc) as newest
             where newest.place < ${before}::int
               and (newest.place > ${through}::int or newest.turn_index > ${seen}::int)
             order by newest.place desc
             limit ${MOST_TURNS}::int) as told
           join turns on turns.id = told.id
     where told.octets <= ${Math.max(0, Math.floor(mostOctets))}::bigint
     order by told.place`.execute(db.query);
  return [...keptOf(rows)];
}
