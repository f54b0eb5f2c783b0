// A turn may stand in for an earlier one of its session. Both stay; of a place in the history the newest completed turn counts.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table turns
      -- The turn that this one was asked for in place of. It may be erased before this one is.
      add column replaces uuid references turns (id) on delete set null,
      -- Where this turn stands in the history: the index of the first turn of its place. Null: at its own.
      add column place int
        constraint turns_place check (place >= 1),
      add constraint turns_replaces_at_place check (replaces is null or place is not null),
      add constraint turns_replaces_another check (replaces <> id);

    create index turns_places on turns (session_id, place, turn_index) where place is not null;
    create index turns_replaces on turns (replaces) where replaces is not null;
  `.execute(db);
}
