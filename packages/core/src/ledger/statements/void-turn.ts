// Voids a running turn: nothing is charged, its hold goes back, its place in the session is free.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

/** `failure` says why, as an error code. */
export type VoidTurnInput = { turn: string; user: string; attempt: number; failure: string };

/** Wallet first; status and attempt are the once-guard. No row: the turn was not running under this attempt. */
export const voidTurn = prepared<VoidTurnInput, { held: string }>(
  "void_turn",
  (p) => sql`
with lw as (select user_id from credit_wallets where user_id = ${p.user}::text for update),
  t as (update turns set status = 'failed', turn_index = null, failure_code = ${p.failure}::text
          from lw
         where id = ${p.turn}::uuid and turns.user_id = lw.user_id and status = 'running' and attempt = ${p.attempt}::int
        returning turns.user_id, hold)
update credit_wallets x set held = x.held - t.hold from t where x.user_id = t.user_id returning x.held`,
);
