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
  /** CREDIT_OVERDRAFT=none: the hold is a proof, and must be covered in full. */
  coverInFull: boolean;
  historyTurns: number;
  historyOctets: number;
};

/** The turn that already carries a request's key. */
export type KeyedTurn = {
  id: string;
  status: TurnState;
  request_hash: string | null;
  response_body: string | null;
  /** True when its lease is over. */
  lapsed: boolean;
};

/** What the gate saw, and what the statement did: `turn` is null when it wrote nothing. */
export type GateRow = {
  session: string | null;
  suspended: boolean | null;
  revision: string;
  alias: string | null;
  multiplier: string | null;
  /** False when prompt and message alone are larger than the model's window. */
  fits: boolean | null;
  system_prompt: string | null;
  history: { user: string; assistant: string }[];
  pruned: boolean;
  /** UTF-8 octets of all that the model will read, with what wraps each message. */
  octets: string | null;
  input_tokens: string | null;
  wanted: string | null;
  balance: string | null;
  held: string | null;
  enforced: boolean;
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

/** A rule of thumb for tokens in text: four octets each (what a hold estimates with, unless it must be a proof). */
export const OCTETS_PER_TOKEN = 4;
/** What wraps a message in a chat template, in octets: role, separators. */
const OCTETS_PER_MESSAGE = 16;

/**
 * What is read, and the wallet's lock `lw`. One turn of history costs two messages. A token is never shorter than an octet, so under
 * "cover in full" every octet counts as a token: the hold is then an upper bound.
 */
export function gate(p: Slots<GateInput>): RawBuilder<unknown> {
  const wrap = sql.lit(OCTETS_PER_MESSAGE);
  const perToken = sql.lit(OCTETS_PER_TOKEN);
  return sql`
  g as (select revision, coalesce(enforcement_override, ${p.enforcedByDefault}::boolean) as enforced from runtime_settings),
  u as (select suspended_at is not null as suspended from users where id = ${p.user}::text),
  s as (select id, system_prompt, coalesce(${p.alias}::text, model_alias) as alias,
               octet_length(coalesce(system_prompt, '')) + octet_length(${p.message}::text) + 3 * ${wrap} as octets
          from sessions where id = ${p.session}::uuid and user_id = ${p.user}::text and deleted_at is null),
  p as (select s.alias, (${p.prices}::jsonb -> s.alias ->> 'multiplier')::numeric as multiplier,
               ((${p.prices}::jsonb -> s.alias ->> 'window')::bigint - ${p.maxOutputTokens}::bigint) * ${perToken} - s.octets as room
          from s),
  past as (select turn_index, user_input, assistant_output, octet_length(user_input) + octet_length(assistant_output) + 2 * ${wrap} as octets
          from turns where session_id = ${p.session}::uuid and status = 'completed' and exists (select from s)
         order by turn_index desc limit ${p.historyTurns}::int + 1),
  fit as (select past.*, row_number() over newest <= ${p.historyTurns}::int
                    and sum(octets) over newest <= least((select room from p), ${p.historyOctets}::bigint) as kept
          from past window newest as (order by turn_index desc)),
  h as (select coalesce(json_agg(json_build_object('user', user_input, 'assistant', assistant_output) order by turn_index) filter (where kept), '[]') as history,
               coalesce(max(turn_index), 0) + 1 as next, coalesce(sum(octets) filter (where kept), 0) as octets, coalesce(bool_or(not kept), false) as pruned
          from fit),
  e as (select h.octets + s.octets as octets,
               case when ${p.coverInFull}::boolean then h.octets + s.octets else ceil((h.octets + s.octets) / ${perToken}::numeric) end as input_tokens
          from h, s),
  k as (select e.octets, e.input_tokens,
               ceil((e.input_tokens * ${p.weightInput}::numeric + ${p.maxOutputTokens}::numeric * ${p.weightOutput}::numeric) * p.multiplier
                    / ${p.oePerCredit}::numeric * 100000000) * 0.00000001 as hold
          from e, p),
  lw as (select user_id, balance, held from credit_wallets where user_id = ${p.user}::text and exists (select from s) for update)`;
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
  return sql`g.revision = ${p.revision}::bigint and not u.suspended and p.multiplier is not null and p.room >= 0 and (not g.enforced or q.covered)`;
}

/** The answer's columns, over the gate's CTEs and `t`, the turn that was written. Always one row. */
export function gateAnswer(p: Slots<GateInput>): RawBuilder<unknown> {
  return sql`
  s.id as session, u.suspended, g.revision, p.alias, p.multiplier, p.room >= 0 as fits, s.system_prompt, h.history, h.pruned, k.octets, k.input_tokens,
  k.hold as wanted, q.balance, q.held, g.enforced, q.covered,
  case when t.id is null and not q.covered
       then exists (select from turns where user_id = ${p.user}::text and status = 'running' and lease_until < clock_timestamp()) end as lapsed,
  t.id as turn, t.attempt, t.turn_index, t.hold, t.created_at`;
}

/** Where the answer's columns come from. */
export const gateSources = sql`g cross join h left join u on true left join s on true left join p on true left join k on true left join q on true left join t on true`;
