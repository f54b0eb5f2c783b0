// What a turn leaves for the next ones of its session: a part of the statement that settles it.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";

/** A summary of a session's older turns. */
export type NewSummary = {
  readonly text: string;
  /** The most tokens of the text (metering/token-bound.ts). */
  readonly textBound: number;
  /** The last place in the history that it stands for, and the session's newest turn when it was made. */
  readonly through: number;
  readonly seen: number;
  readonly alias: string;
};

/** JSON of a NewSummary, or null. */
export type SummarySlot = { summary: string | null };

/** The CTE `remembered`, made of `debit`: the session's summary, unless one is there that stands for as much. */
export function remembered(slot: Slots<SummarySlot>): RawBuilder<unknown> {
  return sql`
  -- The summary that this turn made, in the place of the one before it. No turn that is fenced writes one.
  remembered as (
    insert into session_summaries as known (session_id, text, text_bound, through_place, seen_index,
                                            turn_id, model_alias, made_at)
    select debit.session_id, told.text, told."textBound", told.through, told.seen, debit.turn_id, told.alias,
           debit.now
      from debit,
           jsonb_to_record(${slot.summary}::jsonb) as told (
             text text, "textBound" bigint, through int, seen int, alias text)
     where ${slot.summary}::jsonb is not null
    on conflict (session_id) do update
      set text = excluded.text,
          text_bound = excluded.text_bound,
          through_place = excluded.through_place,
          seen_index = excluded.seen_index,
          turn_id = excluded.turn_id,
          model_alias = excluded.model_alias,
          made_at = excluded.made_at
      where (known.through_place, known.seen_index) < (excluded.through_place, excluded.seen_index)
  )`;
}
