// What the model is shown of a call without a session: what the call brought along, and nothing else. The counterpart of conversation.ts:
// the same parts under the same names, so that the rest of the gate is one for both. Locks and writes nothing.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";
import { OCTETS_PER_TOKEN, priced, reckoned, type ConversationInput } from "./conversation.ts";

export type BroughtInput = Omit<ConversationInput, "session"> & {
  session: null;
  /** UTF-8 octets of all that the model will read, with what wraps each message; and the most tokens that they can have. */
  promptOctets: number;
  promptBound: number;
};

/**
 * The CTEs `session`, `price`, `replaced`, `summary`, `density`, `history`, `estimate` and `hold` of a call. No text is in any of them: its
 * sizes were taken before.
 */
export function brought(slot: Slots<BroughtInput>): RawBuilder<unknown> {
  return sql`
  -- Of this statement's snapshot: there is no session, but somebody who calls.
  session as (
    select null::uuid as id,
           null::text as system_prompt,
           null::text[] as tools,
           ${slot.alias}::text as alias,
           null::text[] as candidates,
           ${slot.promptOctets}::bigint as octets,
           ${slot.promptBound}::bigint as bound
      from users
     where id = ${slot.actor}::text
  ),
  ${priced(slot)},
  ${noPast()},
  -- What the model will read is what was brought.
  shown as (
    select session.octets, session.bound from session
  ),
  ${reckoned(slot)}`;
}

/** The CTEs `replaced`, `summary`, `density` and `history` of what has no session, and so nothing that came before. */
export function noPast(): RawBuilder<unknown> {
  return sql`
  -- It stands in for nothing.
  replaced as (
    select null::text as status, null::int as place where false
  ),
  -- Nothing stands for what was said before.
  summary as (
    select null::text as text, null::int as through, null::int as seen where false
  ),
  -- The rule of thumb: there is no prompt of before that a provider has counted.
  density as (
    select ${sql.lit(OCTETS_PER_TOKEN)}::numeric as octets_per_token
  ),
  -- It has no past and no place.
  history as (
    select '[]'::json as messages,
           null::int as next,
           0::bigint as octets,
           0::bigint as bound,
           false as pruned
  )`;
}
