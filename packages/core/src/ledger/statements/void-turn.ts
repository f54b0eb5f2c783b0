// Voids a running turn: nothing is charged, its hold goes back, its place in the session is free.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { lockedWallet } from "./movement.ts";

/** `wallet` is whose credits are held, `actor` whose turn it is; `failure` says why, as an error code. */
export type VoidTurnInput = { turn: string; wallet: string; actor: string; attempt: number; failure: string };

/** Wallet first; status and attempt are the once-guard. No row: the turn was not running under this attempt. */
export const voidTurn = prepared<VoidTurnInput, { held: string }>(
  "void_turn",
  (slot) => sql`
with
  ${lockedWallet(slot.wallet)},
  -- The turn, if it still runs under this attempt.
  voided as (
    update turns
       set status = 'failed',
           turn_index = null,
           failure_code = ${slot.failure}::text
      from wallet
     where id = ${slot.turn}::uuid
       -- As in settle: the row is found by its id, and by no other index.
       and turns.user_id || '' = ${slot.actor}::text
       and status || '' = 'running'
       and attempt = ${slot.attempt}::int
    returning wallet.user_id, wallet.held, hold
  )
-- From what the locked wallet held: a raise that committed while this statement waited is in it, and in the
-- turn's hold.
update credit_wallets
   set held = voided.held - voided.hold
  from voided
 where credit_wallets.user_id = voided.user_id
returning credit_wallets.held`,
);
