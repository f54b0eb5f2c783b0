// What the model may be shown of a session, and what that may cost: the parts of the gate that are read, of this statement's snapshot.
// Locks and writes nothing. gate.ts puts them before the wallet's lock.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";
import { history, OCTETS_PER_MESSAGE, type HistoryInput } from "./history.ts";

/** What turns tokens into credits. */
export type PriceSlots = { weightInput: string; weightOutput: string; oePerCredit: string };

export type ConversationInput = HistoryInput &
  PriceSlots & {
    /** Who acts: the session is theirs. */
    actor: string;
    /** The alias that the request asks for; null means the session's. */
    alias: string | null;
    /** A routing call is to choose who answers: the hold is that of the dearest alias that it may choose. */
    auto: boolean;
    message: string;
    /** The most tokens that the message can have (metering/token-bound.ts). */
    messageBound: number;
    /** Octets that the offer of each tool weighs, by its name, as JSON. */
    toolOctets: string;
    /** Octets of a schema that the answer is to follow: the model reads it too. `messageBound` counts it. */
    formatOctets: number;
    /** The aliases that cannot do what the request asks for. */
    unable: readonly string[];
    maxOutputTokens: number;
    /** The container's catalogue: `{alias: {multiplier, window}}` as JSON, and its weights. */
    prices: string;
    /** CREDIT_OVERDRAFT=none: the hold is an upper bound, and must be covered in full. */
    coverInFull: boolean;
    historyOctets: number;
  };

/** A rule of thumb for tokens in text: four octets each (what a hold estimates with, unless it must be a bound). */
export const OCTETS_PER_TOKEN = 4;
/** However dense a provider says a session was, so many octets are a token: one odd figure must not take a session's memory. */
const LEAST_OCTETS_PER_TOKEN = 0.5;
/** What a bound of tokens is raised by, for tokenizers that add marks of their own. */
export const BOUND_MARGIN = 1.125;

const WRAP = sql.lit(OCTETS_PER_MESSAGE);
const PER_TOKEN = sql.lit(OCTETS_PER_TOKEN);
const LEAST = sql.lit(LEAST_OCTETS_PER_TOKEN);

/** The CTEs `session`, `price`, those of the history, `density` and `weighed`: what the model may be shown, and how much of it there is room for. */
export function conversation(slot: Slots<ConversationInput>): RawBuilder<unknown> {
  return sql`
  -- Of this statement's snapshot: the session, if it is there and this user's.
  -- Its prompt, its tools and the message are weighed.
  session as (
    select id,
           system_prompt,
           allowed.tools,
           coalesce(${slot.alias}::text, model_alias) as alias,
           case when ${slot.auto}::boolean then auto_aliases end as candidates,
           octet_length(coalesce(system_prompt, ''))
             + octet_length(${slot.message}::text) + ${slot.formatOctets}::int + 3 * ${WRAP}
             + offers.octets as octets,
           case when ${slot.coverInFull}::boolean
                then ${bound(sql`coalesce(system_prompt, '')`)} + ${slot.messageBound}::bigint + 3 * ${WRAP}
                     + offers.octets
           end as bound
      from sessions,
           ${allowedTools(slot)},
           lateral (select coalesce(sum((${slot.toolOctets}::jsonb ->> name)::int), 0) as octets
                      from unnest(allowed.tools) as name) as offers
     where id = ${slot.session}::uuid
       and user_id = ${slot.actor}::text
       and deleted_at is null
  ),
  ${priced(slot)},
  ${history(slot)},
  ${room(slot)}`;
}

/** So many turns of a person may end void for want of credits, in so long a time, and tools are still offered. */
const UNPAID_TURNS = 3;
const UNPAID_WITHIN = "1 hour";

/**
 * What of a session's tools is offered, over a row of `sessions`. A turn that uses tools and then cannot pay for its answer is void, and has
 * cost us its calls: whoever has run several lately, under whatever keys, is answered without tools, and pays for that.
 */
function allowedTools(slot: Slots<ConversationInput>): RawBuilder<unknown> {
  return sql`lateral (
             select case when sessions.tools <> '{}'
                         and (select coalesce(sum(attempt), 0)
                                from turns
                               where user_id = ${slot.actor}::text
                                 and failure_code = 'insufficient_credits'
                                 and lease_until > clock_timestamp() - interval '${sql.raw(UNPAID_WITHIN)}')
                             >= ${sql.lit(UNPAID_TURNS)}
                         then '{}'
                         else sessions.tools end as tools) as allowed`;
}

/** The CTE `price`, over `session`. */
export function priced(slot: Slots<Omit<ConversationInput, "session">>): RawBuilder<unknown> {
  return sql`
  -- The container's catalogue, which the revision of the rules vouches for.
  -- The alias has its price here, and what its window leaves for the past. Where another may be chosen in its
  -- place, the price is that of the dearest.
  price as (
    select session.alias,
           case when ${slot.prices}::jsonb -> session.alias is not null
                then (select max((${slot.prices}::jsonb -> candidate ->> 'multiplier')::numeric)
                        from unnest(array_append(session.candidates, session.alias)) as candidate)
           end as multiplier,
           session.alias = any(${slot.unable}::text[]) as unable,
           prompt.tokens,
           prompt.tokens * ${PER_TOKEN} - session.octets as room
      from session,
           lateral (select (${slot.prices}::jsonb -> session.alias ->> 'window')::bigint
                           - ${slot.maxOutputTokens}::bigint as tokens) as prompt
  )`;
}

/** The CTEs `density` and `weighed`: how much of the past there is room for. */
function room(slot: Slots<ConversationInput>): RawBuilder<unknown> {
  return sql`
  -- The session's octets per token, as its last long prompt was counted.
  -- Whether the message itself fits the provider judges.
  density as (
    select greatest(${LEAST}, least(${PER_TOKEN}, coalesce(
             (select octets_per_token
                from past
               where octets_per_token is not null
               order by turn_index desc
               limit 1),
             ${PER_TOKEN}))) as octets_per_token
  ),
  -- The past again, with a mark at each turn that still has room.
  weighed as (
    select past.*,
           row_number() over newest <= ${slot.historyTurns}::int
           and sum(octets) over newest
               <= least((select price.tokens * density.octets_per_token - session.octets
                                - coalesce((select octets from summary), 0)
                           from price, session, density),
                        ${slot.historyOctets}::bigint) as kept
      from past
    window newest as (order by place desc)
  )`;
}

/**
 * The CTEs `history`, `shown`, `estimate` and `hold`: what the model will be shown (beside the summary), how many tokens that is, and what it may cost. One turn of
 * history costs two messages.
 * Under "cover in full" the hold is an upper bound: every octet of the longer of text and NFKC counts as a token, and an eighth more.
 * Completed turns keep theirs, since PostgreSQL takes 30 to 450 ms to normalise a whole history.
 */
export function reckoning(slot: Slots<ConversationInput>): RawBuilder<unknown> {
  return sql`
  -- What is kept of the past, as the model reads it, and the index that the next turn takes. Always one row.
  history as (
    select coalesce(json_agg(json_build_object('place', place, 'user', user_input,
                                               'assistant', assistant_output)
                             order by place)
                      filter (where kept), '[]') as messages,
           greatest(case when ${slot.replaces}::uuid is null
                         then max(turn_index)
                         else (select max(whole.turn_index)
                                 from turns as whole
                                where whole.session_id = ${slot.session}::uuid
                                  and whole.status = 'completed') end,
                    (select seen from summary), 0) + 1 as next,
           coalesce(sum(octets) filter (where kept), 0) as octets,
           coalesce(sum(case when ${slot.coverInFull}::boolean
                             then coalesce(text_bound,
                                           ${bound(sql`user_input`)}
                                           + ${bound(sql`assistant_output`)})
                                  + 2 * ${WRAP} end)
                      filter (where kept), 0) as bound,
           coalesce(bool_or(not kept), false) as pruned
      from weighed
  ),
  -- All that the model will read.
  shown as (
    select history.octets + session.octets
             + coalesce((select octets from summary), 0) as octets,
           history.bound + session.bound
             + coalesce((select bound from summary), 0) as bound
      from history, session
  ),
  ${reckoned(slot)}`;
}

/** The CTEs `estimate` and `hold`, over `shown`, `density` and `price`. */
export function reckoned(slot: Slots<Omit<ConversationInput, "session">>): RawBuilder<unknown> {
  return sql`
  -- Octets and tokens of all that the model will read.
  estimate as (
    select shown.octets,
           density.octets_per_token,
           case when ${slot.coverInFull}::boolean
                then ceil(shown.bound * ${sql.lit(BOUND_MARGIN)})
                else ceil(shown.octets / density.octets_per_token) end as input_tokens
      from shown, density
  ),
  -- The price of that and of the longest answer, rounded up.
  hold as (
    select estimate.octets,
           estimate.octets_per_token,
           estimate.input_tokens,
           ${credits(slot, sql`${slot.maxOutputTokens}::numeric`)} as credits
      from estimate, price
  )`;
}

/** What a turn of these output tokens may cost, rounded up to eight decimals; over `estimate` and `price`. */
export function credits(slot: Slots<PriceSlots>, outputTokens: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
           ceil((estimate.input_tokens * ${slot.weightInput}::numeric
                 + ${outputTokens} * ${slot.weightOutput}::numeric) * price.multiplier
                / ${slot.oePerCredit}::numeric * 100000000) * 0.00000001`;
}

/**
 * The most output tokens that so many credits pay in full beside the input, a whole number, zero or more; over `estimate` and `price`.
 * div() cuts an exact quotient: so many are covered to the last decimal, and one more is not.
 */
export function affordable(slot: Slots<PriceSlots>, available: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
           greatest(0, coalesce(
             div(${available} * ${slot.oePerCredit}::numeric
                 - estimate.input_tokens * ${slot.weightInput}::numeric * price.multiplier,
                 nullif(${slot.weightOutput}::numeric * price.multiplier, 0)),
             0))`;
}

/** The most tokens of a text, as metering/token-bound.ts has it; a text that is its own NFKC is not normalised. */
function bound(text: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
           case when octet_length(${text}) = char_length(${text}) or ${text} is nfkc normalized
                then octet_length(${text})
                else greatest(octet_length(${text}), octet_length(normalize(${text}, NFKC))) end`;
}
