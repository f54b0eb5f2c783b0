// The gate of a turn, shared by open and reopen: may this user run this turn in this session now, with what history, for what hold?
// Owns the reading half of both statements. Writes nothing.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";
import type { KeyState, ToolName, TurnState } from "@pantheon/contract/vocabulary.ts";
import { conversation, reckoning } from "./conversation.ts";
import { cheaperAliases, type CheaperAlias } from "./cheaper.ts";
import type { FundsSlots } from "./funds.ts";
import { WALLET_LIMITS, type LimitMet } from "./limits.ts";
import { lockedWallet } from "./movement.ts";
import { pass, passes, passReply, type PassSlots } from "./pass.ts";

export { OCTETS_PER_TOKEN } from "./conversation.ts";
export { funds } from "./funds.ts";
export type { LimitMet } from "./limits.ts";

export type GateInput = FundsSlots &
  PassSlots & {
    turn: string;
    /** Whose wallet pays. */
    wallet: string;
    /** The mark of the request that claims the turn. */
    claim: string;
    leaseMs: number;
    /** The version and revision of the container's catalogue. */
    pricingVersion: string;
    revision: string;
    enforcedByDefault: boolean;
  };

/** The turn that already carries a request's key. */
export type KeyedTurn = {
  id: string;
  status: TurnState;
  /** The mark of the request that opened it, or took it over. */
  claim: string;
  request_hash: string | null;
  response_body: string | null;
  /** True when its lease is over. */
  lapsed: boolean;
  /** Seconds until its lease is over, rounded up; not above zero when it is. */
  lease_left: number;
};

/** What the gate saw, and what the statement did: `turn` is null when it wrote nothing. */
export type GateRow = {
  session: string | null;
  suspended: boolean | null;
  /** What the key of the call is worth; null without a key. */
  key_state: KeyState | null;
  /** False when the key may not use the alias. */
  key_allows: boolean | null;
  /** Of the moment after the wallet's lock; null when there was no wallet to lock, since there is no such session. */
  revision: string | null;
  alias: string | null;
  /** Of the alias, or of the dearest that may be chosen in its place. */
  multiplier: string | null;
  /** The aliases that the session lets a routing call choose among; null without a list, and where nothing is to be chosen. */
  candidates: string[] | null;
  /** The aliases that the key of the call may use; null without a key, and for all. */
  key_models: string[] | null;
  /** True when the alias cannot do what the request asks for. */
  unable: boolean | null;
  /** The state of the turn that is to be replaced; null when there is none in this session. */
  replaced: TurnState | null;
  /** False when prompt and message alone are larger than the model's window. */
  fits: boolean | null;
  system_prompt: string | null;
  /** The tools that the session allows. */
  tools: ToolName[] | null;
  /** What stands for the history up to this place, as it was when turn `seen` was the newest; null when nothing does. */
  summary: { text: string; through: number; seen: number } | null;
  history: { place: number; user: string; assistant: string }[];
  pruned: boolean;
  /** UTF-8 octets of all that the model will read, with what wraps each message. */
  octets: string | null;
  /** What the hold and the history were reckoned with: the session's own, or the rule of thumb. */
  octets_per_token: string | null;
  input_tokens: string | null;
  /** The hold of the whole output limit. */
  wanted: string | null;
  /** How many output tokens the wallet affords beside the input, the output limit at most. */
  affordable: string | null;
  /** Set where the wallet does not cover the turn. */
  cheaper: readonly CheaperAlias[] | null;
  balance: string | null;
  held: string | null;
  enforced: boolean | null;
  /** True when enforcement, on or off, finds the credits sufficient. */
  covered: boolean | null;
  /** False when the wallet is further below zero than one may be without enforcement. */
  afloat: boolean | null;
  /** The limit that stands in the way; of several the one that lasts the longest, calls before credits. */
  limit_met: LimitMet | null;
  /** True when a turn of this user has outlived its lease and still holds credits. */
  lapsed: boolean | null;
  turn: string | null;
  attempt: number | null;
  turn_index: number | null;
  hold: string | null;
  /** The output limit that the hold covers: what was asked for, or what the wallet affords. */
  max_output_tokens: number | null;
  created_at: Date | null;
  /** Set by open alone. */
  keyed: KeyedTurn | null;
};

/**
 * What is read, the lock `wallet`, and the `rules` under it. What is read is of this statement's snapshot, and may be older than the
 * lock; history that is tells itself by its index, a price by the revision of the rules. `brought` stands for what is read of a session:
 * a call has none (brought.ts).
 */
export function gate(slot: Slots<GateInput>, brought?: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  ${brought ?? sql`${conversation(slot)},\n  ${reckoning(slot)}`},
  ${lockedWallet(slot.wallet, sql`and exists (select from session)`, WALLET_LIMITS)},
  ${pass(slot)},
  -- The rules as they are under the lock: the function sees what was committed while this statement waited.
  -- It is asked for the actor by way of the locked row: without the row it could be asked before the lock.
  rules as materialized (
    select now.revision,
           now.suspended,
           now.session_gone and ${slot.session}::uuid is not null as session_gone,
           coalesce(now.enforcement_override, ${slot.enforcedByDefault}::boolean) as enforced
      from wallet
           cross join lateral turn_rules_now(
             case when wallet.user_id is not null then ${slot.actor}::text end, ${slot.session}::uuid) as now
  )`;
}

/** The conditions under which a turn may run, over the CTEs above. */
export function mayRun(slot: Slots<GateInput>): RawBuilder<unknown> {
  return sql`rules.revision = ${slot.revision}::bigint
       and not rules.suspended
       and not rules.session_gone
       and ${passes(slot)}
       and price.multiplier is not null
       and price.room >= 0
       and not price.unable
       and (${slot.replaces}::uuid is null or exists (select from replaced where status = 'completed'))
       and funds.within
       and allowance.closed is null
       and case when rules.enforced then funds.covered else funds.afloat end`;
}

/**
 * The reply's columns, over the gate's CTEs and `begun`, the turn that was written. Always one row. `session` is that of the turn; of a call
 * it is whose wallet was locked, since there is none without somebody who is known.
 */
export function gateReply(slot: Slots<GateInput>): RawBuilder<unknown> {
  return sql`
       case when rules.session_gone then null else coalesce(session.id::text, funds.user_id) end as session,
       rules.suspended,
       rules.revision,
       ${passReply(slot)},
       price.alias,
       price.multiplier,
       session.candidates,
       (select models from pass) as key_models,
       price.room >= 0 as fits,
       price.unable,
       (select status from replaced) as replaced,
       session.system_prompt,
       session.tools,
       (select json_build_object('text', text, 'through', through, 'seen', seen)
          from summary) as summary,
       history.messages as history,
       history.pruned,
       hold.octets,
       hold.octets_per_token,
       hold.input_tokens,
       hold.credits as wanted,
       funds.affordable,
       funds.balance,
       funds.held,
       rules.enforced,
       funds.covered,
       funds.afloat,
       case when begun.id is null then coalesce(allowance.closed,
                                                case when not funds.within then allowance.tightest end)
       end as limit_met,
       case when begun.id is null
                 and not (funds.covered and funds.within and funds.afloat and allowance.closed is null)
            then exists (select
                           from turns
                          where user_id = ${slot.actor}::text
                            and status = 'running'
                            and lease_until < clock_timestamp()) end as lapsed,
       -- Of the locked wallet too: what else it would pay.
       case when begun.id is null and not funds.covered
            then (${cheaperAliases(slot)}) end as cheaper,
       begun.id as turn,
       begun.attempt,
       begun.turn_index,
       begun.hold,
       begun.max_output_tokens,
       begun.created_at`;
}

/** Where the reply's columns come from. */
export const GATE_SOURCES = sql`history
       left join rules on true
       left join session on true
       left join price on true
       left join hold on true
       left join funds on true
       left join allowance on true
       left join begun on true`;
