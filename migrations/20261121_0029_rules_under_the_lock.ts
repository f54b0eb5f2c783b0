// The rules that a turn opens under, looked at again by whoever holds its wallet: a statement that waited for the lock would otherwise
// go by what was true when it was sent.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Volatile is the point: each query of a volatile function sees what is committed by then, and not what its caller's statement sees.
    -- One query, so that the figures are of one moment. It takes no lock.
    create function turn_rules_now(
      of_user text, in_session uuid,
      out revision bigint, out enforcement_override boolean, out suspended boolean, out session_gone boolean
    )
    language plpgsql volatile as $$
    begin
      select settings.revision,
             settings.enforcement_override,
             (select person.suspended_at is not null from users as person where person.id = of_user),
             not exists (select from sessions as session where session.id = in_session and session.deleted_at is null)
        into revision, enforcement_override, suspended, session_gone
        from runtime_settings as settings;
    end $$;
  `.execute(db);
}
