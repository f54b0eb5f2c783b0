// The API key of a call, as the gate of a turn and whoever else lets it in look at it: by its row as it is now, whatever a container
// remembers of it. Locks and reads; writes nothing.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";
import { KEY_STATES, type KeyState } from "@pantheon/contract/vocabulary.ts";

export type PassSlots = {
  /** The row of the key and the digest that it was shown by; null for a call without a key. */
  apiKey: string | null;
  keyHash: string | null;
  /** Whose key it is, where it acts for another: an admin has to have let it. Null: it is the wallet's own. */
  keyOwner: string | null;
};

const [GOOD, REVOKED, EXPIRED] = KEY_STATES.map((state: KeyState) => sql.lit(state));

/**
 * What a key is worth, over a row of `api_keys`: a KeyState. A digest that is not the row's any more, since the key was rotated, is as
 * good as revoked.
 */
export function keyState(hash: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
           case when api_keys.revoked_at is not null then ${REVOKED}
                when api_keys.expires_at <= clock_timestamp() then ${EXPIRED}
                when api_keys.hash = ${hash}::text then ${GOOD}
                when api_keys.former_hash = ${hash}::text
                     and api_keys.former_until > clock_timestamp() then ${GOOD}
                else ${REVOKED} end`;
}

/** The CTE `pass` (id, state, models, and what is used of its limits), over the locked `wallet`: the key's row under its own lock. No row without a key, with somebody else's, or with one that may not act for others. */
export function pass(slot: Slots<PassSlots>): RawBuilder<unknown> {
  return sql`
  -- The key, locked after the wallet: what was revoked before this statement got here is revoked.
  pass as (
    select api_keys.id,
           ${keyState(slot.keyHash)} as state,
           api_keys.models,
           api_keys.limits,
           api_keys.spent,
           api_keys.spent_that_day,
           api_keys.spent_that_month,
           api_keys.last_used_on,
           api_keys.called_at,
           api_keys.calls_this_minute,
           api_keys.calls_this_hour
      from api_keys, wallet
     where api_keys.id = ${slot.apiKey}::uuid
       and api_keys.user_id = coalesce(${slot.keyOwner}::text, wallet.user_id)
       and (${slot.keyOwner}::text is null or api_keys.acts_for_others)
       for update of api_keys
  )`;
}

/** Whether the key lets the turn through: there is none, or it is good and may use the alias. Over `pass` and `price`. */
export function passes(slot: Slots<PassSlots>): RawBuilder<unknown> {
  return sql`(${slot.apiKey}::uuid is null
            or exists (select
                         from pass
                        where state = ${GOOD}
                          and (models is null or price.alias = any (models))))`;
}

/** The reply's columns of it. Where no wallet was locked, the key is as it was when the statement began. */
export function passReply(slot: Slots<PassSlots>): RawBuilder<unknown> {
  return sql`
       case when ${slot.apiKey}::uuid is not null
            then coalesce((select state from pass),
                          (select ${keyState(slot.keyHash)}
                             from api_keys
                            where id = ${slot.apiKey}::uuid)) end as key_state,
       case when ${slot.apiKey}::uuid is not null
            then coalesce((select models is null or price.alias = any (models) from pass), false)
       end as key_allows`;
}
