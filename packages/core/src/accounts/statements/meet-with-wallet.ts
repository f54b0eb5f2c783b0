// Somebody who calls for the first time: their row, and the wallet that every turn locks. Moves no money.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type MeetWithWalletInput = { actor: string; wallet: string; email: string | null };

/** Makes what is missing and leaves what is there. Always one row. */
export const meetWithWallet = prepared<MeetWithWalletInput, { met: boolean }>(
  "meet_with_wallet",
  (slot) => sql`
with
  -- The person, unless they are known. Whoever was quicker has made the same row.
  person as (
    insert into users (id, email) values (${slot.actor}::text, ${slot.email}::text)
    on conflict (id) do nothing
  ),
  -- A wallet with nothing in it, for whoever has none.
  made as (
    insert into credit_wallets (user_id) values (${slot.wallet}::text) on conflict (user_id) do nothing
  )
select true as met`,
);
