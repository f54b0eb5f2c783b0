// Raises the hold of a running turn before it makes a further model call. Books nothing: what the turn costs is for the settle to say.

import { sql, type RawBuilder } from "kysely";
import { prepared, type Slots } from "../../db/prepared.ts";
import { affordable, credits, type PriceSlots } from "./conversation.ts";
import { allowance, WALLET_LIMITS, type LimitMet, type LimitSlots } from "./limits.ts";
import { lockedWallet } from "./movement.ts";
import { pass, type PassSlots } from "./pass.ts";

/** `actor` is whose turn it is, `apiKey` the key that it was opened by: its limits count, and whether it was revoked since does not. */
export type RaiseHoldInput = PriceSlots &
  LimitSlots &
  PassSlots & {
    /** Whose wallet pays. */
    wallet: string;
    attempt: number;
    /** Credits that the turn's calls and tools come to so far. */
    spent: string;
    /** Of the call that is to come: what it will read, and what it may answer. */
    inputTokens: number;
    maxOutputTokens: number;
    multiplier: string;
    enforcedByDefault: boolean;
    /** Instead of a refusal the output limit is what the wallet affords, down to the least. */
    fitsToBalance: boolean;
    leastOutputTokens: number;
  };

/** `covered`: the call may be made, for these output tokens, and `hold` is what the turn holds now. Else nothing was written. */
export type RaiseHoldRow = {
  covered: boolean;
  hold: string;
  output_tokens: number;
  /** What the whole turn would hold for the whole output limit. */
  wanted: string;
  affordable: string;
  balance: string;
  held: string;
  /** The limit of credits that leaves too little for the call; null when none does. */
  limit_met: LimitMet | null;
};

/**
 * Wallet first; the turn's status and attempt are the fence. A hold is never lowered, so asking twice for the same call is asking once.
 * Whatever the stage's overdraft, a further call is covered in full where credits are enforced: an overdraft is for one hold, and the first
 * call had it. The limits of its person and its key leave as much, or it is not made; they count the turn by its hold, so by all that it
 * spent too. No row: the turn does not run under this attempt any more.
 */
export const raiseHold = prepared<RaiseHoldInput, RaiseHoldRow>(
  "raise_hold",
  (slot) => sql`
with
  ${lockedWallet(slot.wallet, undefined, WALLET_LIMITS)},
  ${pass(slot)},
  -- The turn under its lock, after wallet and key: as it is, and only while it runs under this attempt.
  own as materialized (
    select turns.id, turns.hold
      from turns, wallet
           left join pass on true
     where turns.id = ${slot.turn}::uuid
       and turns.user_id = ${slot.actor}::text
       and turns.status = 'running'
       and turns.attempt = ${slot.attempt}::int
       for update of turns
  ),
  ${allowance(slot, sql`(select hold from own)`)},
  ${reckoned(slot)},
  -- The turn, if its call is covered.
  raised as (
    update turns
       set hold = greatest(own.hold, reckoned.hold)
      from own, reckoned
     where turns.id = own.id
       and reckoned.covered
    returning turns.hold
  ),
  -- The locked wallet holds the difference.
  reserved as (
    update credit_wallets
       set held = wallet.held + raised.hold - own.hold
      from raised, own, wallet
     where credit_wallets.user_id = wallet.user_id
       and raised.hold > own.hold
  )
select reckoned.covered,
       coalesce(raised.hold, own.hold) as hold,
       reckoned.output_tokens::int as output_tokens,
       reckoned.wanted,
       least(reckoned.affordable, ${slot.maxOutputTokens}::numeric) as affordable,
       wallet.balance,
       wallet.held,
       case when not reckoned.within then allowance.tightest end as limit_met
  from own
       cross join wallet
       cross join reckoned
       cross join allowance
       left join raised on true`,
);

/** The CTEs from `rules` to `reckoned`: what the call may cost, what the locked wallet has for it, and whether that is enough. */
function reckoned(slot: Slots<RaiseHoldInput>): RawBuilder<unknown> {
  return sql`
  -- Of this statement's snapshot.
  rules as (
    select coalesce(enforcement_override, ${slot.enforcedByDefault}::boolean) as enforced
      from runtime_settings
  ),
  -- What the call that is to come will read.
  estimate as (
    select ${slot.inputTokens}::bigint as input_tokens
  ),
  -- The price that the turn was opened with.
  price as (
    select ${slot.multiplier}::numeric as multiplier
  ),
  -- What the locked wallet has for this call: what the turn holds is its own, what it spent is gone.
  means as (
    select wallet.balance - wallet.held + own.hold - ${slot.spent}::numeric as available
      from wallet, own
  ),
  -- How much the call may answer: of a turn that is fitted, what its wallet has left, and what the limits do.
  bounds as (
    select means.available,
           paid.tokens as affordable,
           fitted.tokens as allowed,
           least(case when ${slot.fitsToBalance}::boolean and rules.enforced then paid.tokens end,
                 fitted.tokens,
                 ${slot.maxOutputTokens}::numeric) as output_tokens,
           least(${slot.leastOutputTokens}::int, ${slot.maxOutputTokens}::int) as least
      from means, rules, estimate, price, allowance,
           lateral (select ${affordable(slot, sql`means.available`)} as tokens) as paid,
           lateral (select allowance.credits_left - ${slot.spent}::numeric as credits) as unspent,
           lateral (select case when ${slot.fitsToBalance}::boolean and unspent.credits is not null
                                then ${affordable(slot, sql`unspent.credits`)} end as tokens) as fitted
  ),
  -- What the turn holds then, and whether the wallet and the limits cover that.
  reckoned as (
    select bounds.output_tokens,
           bounds.affordable,
           ${slot.spent}::numeric + ${credits(slot, sql`bounds.output_tokens`)} as hold,
           ${slot.spent}::numeric + ${credits(slot, sql`${slot.maxOutputTokens}::numeric`)} as wanted,
           enough.within,
           enough.within
             and bounds.output_tokens >= bounds.least
             and (not rules.enforced
                  or bounds.available >= ${credits(slot, sql`bounds.output_tokens`)}) as covered
      from bounds, rules, estimate, price, allowance,
           lateral (select coalesce(allowance.credits_left >= ${slot.spent}::numeric
                                      + ${credits(slot, sql`bounds.output_tokens`)}, true)
                           and coalesce(bounds.allowed >= bounds.least, true) as within) as enough
  )`;
}
