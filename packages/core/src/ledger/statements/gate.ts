// The gate of a turn, shared by open and reopen: may this user run this turn in this session now, with what history, for what hold?
// Owns the reading half of both statements. Writes nothing.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";
import type { TurnState } from "@pantheon/contract/vocabulary.ts";

export type GateInput = {
  turn: string;
  /** The mark of the request that claims the turn. */
  claim: string;
  user: string;
  session: string;
  /** The alias that the request asks for; null means the session's. */
  alias: string | null;
  message: string;
  /** The most tokens that the message can have (metering/token-bound.ts). */
  messageBound: number;
  maxOutputTokens: number;
  leaseMs: number;
  /** The container's catalogue: `{alias: {multiplier, window}}` as JSON, its version, weights and revision. */
  prices: string;
  pricingVersion: string;
  revision: string;
  weightInput: string;
  weightOutput: string;
  oePerCredit: string;
  enforcedByDefault: boolean;
  /** CREDIT_OVERDRAFT=none: the hold is an upper bound, and must be covered in full. */
  coverInFull: boolean;
  historyTurns: number;
  historyOctets: number;
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
};

/** What the gate saw, and what the statement did: `turn` is null when it wrote nothing. */
export type GateRow = {
  session: string | null;
  suspended: boolean | null;
  /** Of the moment after the wallet's lock; null when there was no wallet to lock, since there is no such session. */
  revision: string | null;
  alias: string | null;
  multiplier: string | null;
  /** False when prompt and message alone are larger than the model's window. */
  fits: boolean | null;
  system_prompt: string | null;
  history: { user: string; assistant: string }[];
  pruned: boolean;
  /** UTF-8 octets of all that the model will read, with what wraps each message. */
  octets: string | null;
  /** What the hold and the history were reckoned with: the session's own, or the rule of thumb. */
  octets_per_token: string | null;
  input_tokens: string | null;
  wanted: string | null;
  balance: string | null;
  held: string | null;
  enforced: boolean | null;
  /** True when enforcement, on or off, finds the credits sufficient. */
  covered: boolean | null;
  /** True when a turn of this user has outlived its lease and still holds credits. */
  lapsed: boolean | null;
  turn: string | null;
  attempt: number | null;
  turn_index: number | null;
  hold: string | null;
  created_at: Date | null;
  /** Set by open alone. */
  keyed: KeyedTurn | null;
};

/** A rule of thumb for tokens in text: four octets each (what a hold estimates with, unless it must be a bound). */
export const OCTETS_PER_TOKEN = 4;
/** What wraps a message in a chat template, in octets: role, separators. */
export const OCTETS_PER_MESSAGE = 16;
/** However dense a provider says a session was, so many octets are a token: one odd figure must not take a session's memory. */
const LEAST_OCTETS_PER_TOKEN = 0.5;
/** What a bound of tokens is raised by, for tokenizers that add marks of their own. */
const BOUND_MARGIN = 1.125;

/**
 * What is read, the wallet's lock `lw`, and the `rules` under it. What is read is of this statement's snapshot, and may be older than
 * the lock; history that is tells itself by its index, a price by the revision of the rules. One turn of history costs two messages.
 * Under "cover in full" the hold is an upper bound: every octet of the longer of text and NFKC counts as a token, and an eighth more.
 * Completed turns keep theirs, since PostgreSQL takes 30 to 450 ms to normalise a whole history.
 */
export function gate(p: Slots<GateInput>): RawBuilder<unknown> {
  const wrap = sql.lit(OCTETS_PER_MESSAGE);
  const perToken = sql.lit(OCTETS_PER_TOKEN);
  const least = sql.lit(LEAST_OCTETS_PER_TOKEN);
  const [prompt, input, output] = [sql`coalesce(system_prompt, '')`, sql`user_input`, sql`assistant_output`];
  return sql`
  s as (select id, system_prompt, coalesce(${p.alias}::text, model_alias) as alias,
               octet_length(coalesce(system_prompt, '')) + octet_length(${p.message}::text) + 3 * ${wrap} as octets,
               case when ${p.coverInFull}::boolean then ${bound(prompt)} + ${p.messageBound}::bigint + 3 * ${wrap} end as bound
          from sessions where id = ${p.session}::uuid and user_id = ${p.user}::text and deleted_at is null),
  p as (select s.alias, (${p.prices}::jsonb -> s.alias ->> 'multiplier')::numeric as multiplier,
               w.tokens, w.tokens * ${perToken} - s.octets as room
          from s, lateral (select (${p.prices}::jsonb -> s.alias ->> 'window')::bigint - ${p.maxOutputTokens}::bigint as tokens) w),
  past as (select turn_index, user_input, assistant_output, octets_per_token, text_bound, octet_length(user_input) + octet_length(assistant_output) + 2 * ${wrap} as octets
          from turns where session_id = ${p.session}::uuid and status = 'completed' and exists (select from s)
         order by turn_index desc limit ${p.historyTurns}::int + 1),
  -- The session's octets per token, as its last long prompt was counted. Whether the message itself fits the provider judges.
  density as (select greatest(${least}, least(${perToken}, coalesce(
                       (select octets_per_token from past where octets_per_token is not null order by turn_index desc limit 1),
                       ${perToken}))) as octets_per_token),
  fit as (select past.*, row_number() over newest <= ${p.historyTurns}::int
                    and sum(octets) over newest <= least((select p.tokens * d.octets_per_token - s.octets from p, s, density d),
                                                         ${p.historyOctets}::bigint) as kept
          from past window newest as (order by turn_index desc)),
  h as (select coalesce(json_agg(json_build_object('user', user_input, 'assistant', assistant_output) order by turn_index) filter (where kept), '[]') as history,
               coalesce(max(turn_index), 0) + 1 as next, coalesce(sum(octets) filter (where kept), 0) as octets,
               coalesce(sum(case when ${p.coverInFull}::boolean then coalesce(text_bound, ${bound(input)} + ${bound(output)}) + 2 * ${wrap} end)
                          filter (where kept), 0) as bound, coalesce(bool_or(not kept), false) as pruned
          from fit),
  e as (select h.octets + s.octets as octets, d.octets_per_token,
               case when ${p.coverInFull}::boolean then ceil((h.bound + s.bound) * ${sql.lit(BOUND_MARGIN)})
                    else ceil((h.octets + s.octets) / d.octets_per_token) end as input_tokens
          from h, s, density d),
  k as (select e.octets, e.octets_per_token, e.input_tokens,
               ceil((e.input_tokens * ${p.weightInput}::numeric + ${p.maxOutputTokens}::numeric * ${p.weightOutput}::numeric) * p.multiplier
                    / ${p.oePerCredit}::numeric * 100000000) * 0.00000001 as hold
          from e, p),
  lw as (select user_id, balance, held from credit_wallets where user_id = ${p.user}::text and exists (select from s) for update),

  -- The rules as they are under the lock: the function sees what was committed while this statement waited. It is asked for the locked row.
  rules as materialized (
    select now.revision, now.suspended, now.session_gone,
           coalesce(now.enforcement_override, ${p.enforcedByDefault}::boolean) as enforced
      from lw cross join lateral turn_rules_now(lw.user_id, ${p.session}::uuid) as now)`;
}

/** The most tokens of a text, as metering/token-bound.ts has it; a text that is its own NFKC is not normalised. */
function bound(text: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when octet_length(${text}) = char_length(${text}) or ${text} is nfkc normalized then octet_length(${text})
             else greatest(octet_length(${text}), octet_length(normalize(${text}, NFKC))) end`;
}

/** Whether the locked wallet covers the turn: `ownHold` is what this turn holds already, which counts as available to it. */
export function funds(p: Slots<GateInput>, ownHold: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  q as (select lw.user_id, lw.balance, lw.held,
               case when ${p.coverInFull}::boolean then lw.balance - lw.held + ${ownHold} >= k.hold else lw.balance - lw.held + ${ownHold} > 0 end as covered
          from lw, k)`;
}

/** The conditions under which a turn may run, over the CTEs above. */
export function mayRun(p: Slots<GateInput>): RawBuilder<unknown> {
  return sql`rules.revision = ${p.revision}::bigint and not rules.suspended and not rules.session_gone
           and p.multiplier is not null and p.room >= 0 and (not rules.enforced or q.covered)`;
}

/** The answer's columns, over the gate's CTEs and `t`, the turn that was written. Always one row. */
export function gateAnswer(p: Slots<GateInput>): RawBuilder<unknown> {
  return sql`
  case when rules.session_gone then null else s.id end as session, rules.suspended, rules.revision, p.alias, p.multiplier,
  p.room >= 0 as fits, s.system_prompt, h.history, h.pruned, k.octets, k.octets_per_token, k.input_tokens,
  k.hold as wanted, q.balance, q.held, rules.enforced, q.covered,
  case when t.id is null and not q.covered
       then exists (select from turns where user_id = ${p.user}::text and status = 'running' and lease_until < clock_timestamp()) end as lapsed,
  t.id as turn, t.attempt, t.turn_index, t.hold, t.created_at`;
}

/** Where the answer's columns come from. */
export const gateSources = sql`h left join rules on true left join s on true left join p on true left join k on true left join q on true left join t on true`;
