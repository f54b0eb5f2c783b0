// Voids all turns of one user whose lease is over: their containers died, or lost the database. One user per statement, so that
// sweepers lock one wallet at a time.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { lockedWallet } from "./movement.ts";

/** Wallet first. Answers how many turns were voided and the credits that went back; no row when there was none. */
export const sweepTurns = prepared<{ wallet: string; actor: string }, { voided: number; released: string }>(
  "sweep_turns",
  (slot) => sql`
with
  ${lockedWallet(slot.wallet)},
  -- Every turn of this user whose lease is over.
  swept as (
    update turns
       set status = 'failed',
           turn_index = null,
           failure_code = 'lapsed'
      from wallet
     where turns.user_id = ${slot.actor}::text
       and turns.status = 'running'
       and turns.lease_until < clock_timestamp()
    returning wallet.user_id, wallet.held, turns.hold
  ),
  -- One row for the wallet, however many turns there were: an update takes the first row alone.
  released as (
    select user_id, held, count(*)::int as voided, sum(hold) as credits
      from swept
     group by user_id, held
  )
-- From what the locked wallet held, as void-turn.ts has it.
update credit_wallets
   set held = released.held - released.credits
  from released
 where credit_wallets.user_id = released.user_id
returning released.voided, released.credits as released`,
);
