// Sets the limits of a person: their own, or those that an admin sets for them. Moves no money, but the limits stand in the wallet's row,
// so that whoever opens a turn has them under its lock.

import { sql, type RawBuilder } from "kysely";
import { audited, type AdminWrite } from "../../audit/audited.ts";
import { prepared, type Slots } from "../../db/prepared.ts";

/** `limits` is JSON, an object of limits by their names; null for none. The one before is replaced as a whole. */
export type SetLimitsInput = AdminWrite & { wallet: string; limits: string | null };

/** The actor's own. Makes the wallet, with nothing in it, where there is none. */
export const setOwnLimits = prepared<SetLimitsInput, { user_id: string }>("set_own_limits", (slot) => setting(slot, sql.ref("limits_own")));

/** By an admin. */
export const setLimitsByAdmin = prepared<SetLimitsInput, { user_id: string }>("set_limits_by_admin", (slot) =>
  setting(slot, sql.ref("limits_set")),
);

function setting(slot: Slots<SetLimitsInput>, column: RawBuilder<unknown>): RawBuilder<{ user_id: string }> {
  return sql`
with
  -- The wallet under its lock, as it was; no row where there is none.
  former as (
    select ${column} as limits
      from credit_wallets
     where user_id = ${slot.wallet}::text
       for update
  ),
  -- The wallet with what is set now.
  changed as (
    insert into credit_wallets as known (user_id, ${column})
    select ${slot.wallet}::text, ${slot.limits}::jsonb
      from (select count(*) from former) as locked
    on conflict (user_id) do update
      set ${column} = excluded.${column}
    returning user_id, ${column} as limits
  ),
  ${audited(slot, {
    action: "limits.set",
    target: sql`changed.user_id`,
    before: sql`(select limits from former)`,
    after: sql`changed.limits`,
    source: sql`changed`,
  })}
select user_id from changed`;
}
