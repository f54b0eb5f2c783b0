// What limits a person or their key has, and what of them is used: the gate's own reckoning, without its lock. Writes nothing.

import { sql } from "kysely";
import type { LimitName } from "@pantheon/contract/vocabulary.ts";
import { prepared } from "../db/prepared.ts";
import { allowance, WALLET_LIMITS, type LimitSlots } from "./statements/limits.ts";

type Stored = Readonly<Record<string, string>> | null;

export type LimitsRow = {
  limits_own: Stored;
  limits_set: Stored;
  in_force: readonly { scope: "person" | "key"; name: LimitName; most: string; used: string; left: string; resets_at: string | null }[];
};

/** Always one row. `turn` is an id that no turn has; `apiKey` null leaves limits of keys out. */
export const showLimits = prepared<LimitSlots & { wallet: string; apiKey: string | null }, LimitsRow>(
  "show_limits",
  (slot) => sql`
with
  -- Whoever has no wallet has nothing in it.
  wallet as (
    select asked.user_id, coalesce(known.held, 0) as held ${WALLET_LIMITS}
      from (select ${slot.wallet}::text as user_id) as asked
           left join credit_wallets as known on known.user_id = asked.user_id
  ),
  pass as (
    select api_keys.*
      from api_keys, wallet
     where api_keys.id = ${slot.apiKey}::uuid
       and api_keys.user_id = wallet.user_id
  ),
  ${allowance(slot, sql`0`)}
select wallet.limits_own,
       wallet.limits_set,
       (select coalesce(json_agg(json_build_object(
                 'scope', scope,
                 'name', name,
                 'most', trim_scale(most)::text,
                 'used', trim_scale(used)::text,
                 'left', trim_scale(greatest(most - used, 0))::text,
                 'resets_at', to_char(resets_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))), '[]')
          from limits) as in_force
  from wallet, allowance`,
);
