// What was said before in a session, as its next turn may be shown it: of each place the newest answer, and a summary of the older ones.
// A part of conversation.ts; locks and writes nothing.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";

export type HistoryInput = {
  session: string;
  /** The completed turn that this one stands in for; null for none. */
  replaces: string | null;
  historyTurns: number;
  /** Whether a summary may stand for the session's older turns. */
  summaries: boolean;
};

/** What wraps a message in a chat template, in octets: role, separators. */
export const OCTETS_PER_MESSAGE = 16;
/** What a model is shown as asked before the summary of older turns, which is then the answer: user and assistant go on taking turns. */
export const SUMMARY_QUESTION = "What have we said so far, in short?";
/** A summary that takes more than a quarter of the room is left out: the newest turns say more. */
const SUMMARIES_IN_ROOM = 4;

const WRAP = sql.lit(OCTETS_PER_MESSAGE);

/** The CTEs `replaced`, `renewed`, `summary` and `past`, over `session` and `price`: what was said before, of each place in the history the newest answer. */
export function history(slot: Slots<HistoryInput>): RawBuilder<unknown> {
  return sql`
  -- The turn that this one stands in for, if it is of this session: its state, and its place in the history.
  replaced as (
    select turns.status,
           coalesce(turns.place, turns.turn_index) as place
      from turns, session
     where turns.id = ${slot.replaces}::uuid
       and turns.session_id = session.id
  ),
  -- The places that were answered anew, and by which turn last.
  renewed as (
    select place,
           max(turn_index) as turn_index
      from turns
     where session_id = ${slot.session}::uuid
       and place is not null
       and status = 'completed'
     group by place
  ),
  ${summary(slot)},
  -- Of this statement's snapshot: the newest completed turns, of each place the newest, but those that the
  -- summary stands for.
  -- One more than is shown tells whether there are older ones.
  past as (
    select turn_index,
           coalesce(place, turn_index) as place,
           user_input,
           assistant_output,
           octets_per_token,
           text_bound,
           octet_length(user_input) + octet_length(assistant_output) + 2 * ${WRAP} as octets
      from turns
     where session_id = ${slot.session}::uuid
       and status = 'completed'
       -- The first of the two is for the index: a turn's place is never behind it.
       and turn_index > coalesce((select through from summary), 0)
       and not exists (select
                         from summary
                        where coalesce(turns.place, turns.turn_index) <= summary.through
                          and turns.turn_index <= summary.seen)
       and exists (select from session)
       and not exists (select
                         from renewed
                        where renewed.place = coalesce(turns.place, turns.turn_index)
                          and renewed.turn_index > turns.turn_index)
       and (${slot.replaces}::uuid is null
            or coalesce(turns.place, turns.turn_index) < (select replaced.place from replaced))
     order by turn_index desc
     limit ${slot.historyTurns}::int + 1
  )`;
}

/** The CTE `summary`: what stands for the session's older turns, as a question and its answer. */
function summary(slot: Slots<HistoryInput>): RawBuilder<unknown> {
  const wrapped = sql`${sql.lit(Buffer.byteLength(SUMMARY_QUESTION))} + 2 * ${WRAP}`;
  return sql`
  -- Of this statement's snapshot: what stands for the older turns, if it leaves room for newer ones.
  summary as (
    select said.text,
           said.through_place as through,
           said.seen_index as seen,
           octet_length(said.text) + ${wrapped} as octets,
           said.text_bound + ${wrapped} as bound
      from session_summaries as said
           join session on session.id = said.session_id,
           price
     where ${slot.summaries}::boolean
       and octet_length(said.text) * ${sql.lit(SUMMARIES_IN_ROOM)} <= price.room
       -- A turn that stands in for one that is summarised must not be told what came of it.
       and (${slot.replaces}::uuid is null
            or said.through_place < (select replaced.place from replaced))
  )`;
}
