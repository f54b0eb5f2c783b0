// Renews the lease of a turn that runs. Moves no money and locks one row, the turn's, so it can stand in nobody's way for long.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type RenewTurnInput = { turn: string; actor: string; attempt: number; leaseMs: number };

/**
 * Gives the turn so many milliseconds from now. No row: it does not run under this attempt any more, or its lease is over, and then it
 * may already be somebody else's. The lease is looked at under the row's lock, since a reopen may have held it meanwhile.
 */
export const renewTurn = prepared<RenewTurnInput, { id: string }>(
  "renew_turn",
  (slot) => sql`
with
  -- The turn under its lock, if it still runs under this attempt.
  own as materialized (
    select id, lease_until
      from turns
     where id = ${slot.turn}::uuid
       -- As in settle: the row is found by its id, and by no other index.
       and user_id || '' = ${slot.actor}::text
       and status || '' = 'running'
       and attempt = ${slot.attempt}::int
       for update
  )
update turns
   set lease_until = greatest(turns.lease_until,
                              clock_timestamp() + ${slot.leaseMs}::int * interval '1 millisecond')
  from own
 where turns.id = own.id
   and own.lease_until > clock_timestamp()
returning turns.id`,
);
