// Voids all turns of one user whose lease is over: their containers died, or lost the database. One user per statement, so that
// sweepers lock one wallet at a time.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

/** Wallet first. Answers how many turns were voided and the credits that went back; no row when there was none. */
export const sweepTurns = prepared<{ user: string }, { voided: number; released: string }>(
  "sweep_turns",
  (p) => sql`
with lw as (select user_id from credit_wallets where user_id = ${p.user}::text for update),
  t as (update turns x set status = 'failed', turn_index = null, failure_code = 'lapsed'
          from lw
         where x.user_id = lw.user_id and x.status = 'running' and x.lease_until < clock_timestamp()
        returning x.user_id, x.hold),
  r as (select user_id, count(*)::int as voided, sum(hold) as released from t group by user_id)
update credit_wallets c set held = c.held - r.released from r where c.user_id = r.user_id returning r.voided, r.released`,
);
