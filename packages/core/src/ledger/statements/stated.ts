// What is read of a hold before the wallet's lock: what its caller stated it may cost. The counterpart of brought.ts: the same parts under the
// same names, so that the rest of the gate is one for all. Locks and writes nothing.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";
import { noPast } from "./brought.ts";
import { credits, type ConversationInput } from "./conversation.ts";

export type StatedInput = Omit<ConversationInput, "session"> & {
  session: null;
  /** Tokens that the model will read. */
  inputTokens: number;
  /** Credits to hold, where they were stated and not tokens; or null. */
  statedCredits: string | null;
};

/**
 * The CTEs `session`, `price`, `replaced`, `summary`, `density`, `history`, `estimate` and `hold` of a hold. Whether its model has room for so
 * many tokens nobody here can say: it runs elsewhere.
 */
export function stated(slot: Slots<StatedInput>): RawBuilder<unknown> {
  return sql`
  -- Of this statement's snapshot: there is no session, but somebody whose credits are held.
  session as (
    select null::uuid as id,
           null::text as system_prompt,
           null::text[] as tools,
           ${slot.alias}::text as alias,
           null::text[] as candidates
      from users
     where id = ${slot.actor}::text
  ),
  -- The container's catalogue, which the revision of the rules vouches for.
  price as (
    select session.alias,
           (${slot.prices}::jsonb -> session.alias ->> 'multiplier')::numeric as multiplier,
           false as unable,
           0 as room
      from session
  ),
  ${noPast()},
  -- The tokens that the model will read, as they were stated.
  estimate as (
    select 0::bigint as octets,
           density.octets_per_token,
           ${slot.inputTokens}::bigint as input_tokens
      from density
  ),
  -- The credits that were stated, or the price of the tokens, rounded up.
  hold as (
    select estimate.octets,
           estimate.octets_per_token,
           estimate.input_tokens,
           coalesce(${slot.statedCredits}::numeric,
                    ${credits(slot, sql`${slot.maxOutputTokens}::numeric`)}) as credits
      from estimate, price
  )`;
}
