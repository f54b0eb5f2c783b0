// What a turn's text weighs in tokens: kept by the turn, so that the next one of its session need not measure it again. And what of a
// call's charge the house took over, so that every charge can still be computed again from its own row.

import { type Kysely, sql } from "kysely";

/** The checks are not proven on old rows, which would read the whole table under its lock: all of them hold the default. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table turns
      add column octets_per_token numeric(8,4), -- of the prompt, as the provider counted it; null when it was short or not counted
      add column text_bound       bigint,       -- more tokens than message and answer can have, without a margin

      add constraint turns_octets_per_token check (octets_per_token > 0 and octets_per_token <> 'NaN') not valid,
      add constraint turns_text_bound check (text_bound >= 0) not valid
  `.execute(db);
  await sql`
    alter table llm_call_events
      add column credits_absorbed numeric(18,8) not null default 0, -- above the hold, and not charged for it

      add constraint llm_call_events_credits_absorbed check (credits_absorbed >= 0 and credits_absorbed <> 'NaN') not valid,
      add constraint llm_call_events_absorbed_was_charged check (credits_absorbed = 0 or status <> 'internal') not valid
  `.execute(db);
}
