// What a session's older turns come to, in short: what a model is shown in their place once they no longer fit its window.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- People's text: one row a session, replaced as the session grows, and erased with it.
    create table session_summaries (
      session_id    uuid primary key references sessions (id) on delete cascade,
      text          text not null constraint session_summaries_text check (octet_length(text) between 1 and 16384),
      -- The most tokens that the text can have, as turns.text_bound has it.
      text_bound    bigint not null constraint session_summaries_bound check (text_bound >= 1),
      -- The last place in the history that it stands for: it stands for all before it too, as far as they had been
      -- answered when the turn of this index was the session's newest. What was answered anew since, it does not know.
      through_place int not null constraint session_summaries_through check (through_place >= 1),
      seen_index    int not null constraint session_summaries_seen check (seen_index >= through_place),
      -- The turn that paid for nothing of it, and whose settle wrote it.
      turn_id       uuid not null,
      model_alias   text not null,
      made_at       timestamptz not null default clock_timestamp()
    );

    grant select, insert, update on session_summaries to pantheon_app;
  `.execute(db);
}
