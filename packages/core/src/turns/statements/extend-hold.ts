// Keeps a hold for longer. Moves no money and locks one row, the hold's.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type ExtendHoldInput = { turn: string; actor: string; attempt: number; leaseMs: number };

/** How long after the end that its opening answered a hold can be kept. */
export const LONGEST_EXTENSION = "24 hours";

/**
 * Gives the hold so many milliseconds from now, at most a day after the end that was first answered; never less than it has. `extended` is
 * false when its lease is over, which is looked at under the row's lock: what is over may be swept already. No row: it does not run under
 * this attempt any more.
 */
export const extendHold = prepared<ExtendHoldInput, { extended: boolean; lease_until: Date }>(
  "extend_hold",
  (slot) => sql`
with
  -- The hold under its lock, if it still runs under this attempt.
  own as materialized (
    select id, lease_until, opened_until
      from turns
     where id = ${slot.turn}::uuid
       and user_id = ${slot.actor}::text
       and origin = 'hold'
       and status = 'running'
       and attempt = ${slot.attempt}::int
       for update
  ),
  -- The hold with more time, if it has any left.
  extended as (
    update turns
       set lease_until = greatest(own.lease_until,
                                  least(clock_timestamp() + ${slot.leaseMs}::int * interval '1 millisecond',
                                        own.opened_until + interval '24 hours'))
      from own
     where turns.id = own.id
       and own.lease_until > clock_timestamp()
    returning turns.lease_until
  )
select extended.lease_until is not null as extended,
       coalesce(extended.lease_until, own.lease_until) as lease_until
  from own
       left join extended on true`,
);
