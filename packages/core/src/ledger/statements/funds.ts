// Whether the locked wallet, and the limits on it, pay for a turn: how much output they afford, and what the turn holds. A part of the
// gate; writes nothing.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";
import type { FittedInput } from "./cheaper.ts";
import { affordable, credits } from "./conversation.ts";
import { allowance, type LimitSlots } from "./limits.ts";

export type FundsSlots = FittedInput &
  LimitSlots & {
    /** How many credits below zero a wallet may be where nothing is enforced; null: without end. */
    debtLimit: string | null;
  };

/**
 * The CTEs of the limits, `means` and `funds`: how much output the locked wallet affords, whether it covers the turn, and what the turn may
 * answer and holds. `ownHold` is what this turn holds already, which counts as available to it; `held` what it is to hold where
 * that is stated, and not reckoned of its tokens.
 */
export function funds(slot: Slots<FundsSlots>, ownHold: RawBuilder<unknown>, held?: RawBuilder<unknown>): RawBuilder<unknown> {
  const available = sql`(wallet.balance - wallet.held + ${ownHold})`;
  return sql`
  ${allowance(slot, ownHold)},
  -- What the locked wallet has left for this turn, and the output that this pays beside the input.
  -- The same of what the limits leave: all that was asked for, where there is none.
  means as (
    select wallet.user_id,
           wallet.balance,
           wallet.held,
           ${available} as available,
           least(${slot.maxOutputTokens}::numeric, ${affordable(slot, available)}) as output_tokens,
           case when allowance.credits_left is null
                then ${slot.maxOutputTokens}::numeric
                else least(${slot.maxOutputTokens}::numeric,
                           ${affordable(slot, sql`allowance.credits_left`)}) end as allowed_tokens
      from wallet, allowance, estimate, price
  ),
  -- The locked wallet against the hold. A turn that is fitted holds what is there, and no more: of the wallet
  -- where that is enforced, and of the limits always.
  funds as (
    select means.user_id,
           means.balance,
           means.held,
           means.output_tokens as affordable,
           bounds.output_tokens,
           ${held ?? credits(slot, sql`bounds.output_tokens`)} as credits,
           case when ${slot.coverInFull}::boolean or ${slot.fitsToBalance}::boolean
                then means.available >= hold.credits
                     or (${slot.fitsToBalance}::boolean and means.output_tokens >= bounds.least)
                else means.available > 0 end as covered,
           coalesce(allowance.credits_left >= hold.credits
                    or (${slot.fitsToBalance}::boolean and means.allowed_tokens >= bounds.least),
                    true) as within,
           coalesce(means.available > -${slot.debtLimit}::numeric, true) as afloat
      from means, rules, hold, estimate, price, allowance,
           lateral (select least(${slot.leastOutputTokens}::int, ${slot.maxOutputTokens}::int) as least,
                           least(case when ${slot.fitsToBalance}::boolean
                                           and rules.enforced
                                           and means.available < hold.credits
                                      then means.output_tokens
                                      else ${slot.maxOutputTokens}::numeric end,
                                 case when ${slot.fitsToBalance}::boolean
                                           and allowance.credits_left < hold.credits
                                      then means.allowed_tokens
                                      else ${slot.maxOutputTokens}::numeric end) as output_tokens) as bounds
  )`;
}
