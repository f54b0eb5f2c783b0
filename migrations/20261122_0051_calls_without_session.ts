// Calls of a model that belong to no session: they bring their whole conversation along, and have no place in any history.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A turn of a session has its place there. A call has no session, and so neither a place nor anything that it stands in for.
    alter table turns
      alter column session_id drop not null,
      drop constraint turns_index_present,
      add constraint turns_index_present check (
        case when session_id is not null and status in ('running', 'completed')
             then turn_index is not null and turn_index > 0
             else turn_index is null end
      ),
      add constraint turns_call_stands_alone check (session_id is not null or (replaces is null and place is null));

    -- What a call used is kept like what a turn used.
    alter table llm_call_events alter column session_id drop not null;
    alter table tool_call_events alter column session_id drop not null;
  `.execute(db);
}
