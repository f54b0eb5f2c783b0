// The cheaper aliases that the locked wallet would cover, for a turn that it does not: what a 402 tells besides its figures.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";
import { affordable, credits, type ConversationInput } from "./conversation.ts";

export type FittedInput = ConversationInput & {
  /** The output limit may be what an enforced wallet affords, down to the least. */
  fitsToBalance: boolean;
  leastOutputTokens: number;
};

/** An alias that would run now: what it would hold, in credits, and for how many output tokens at most. */
export type CheaperAlias = { readonly model_alias: string; readonly estimated_cost: string; readonly affordable_output_tokens: number };

/**
 * A JSON list of CheaperAlias over `means`, `estimate` and the asked `price`: the cheapest first, then by name. They are reckoned as the
 * gate does, for all of the input; an alias whose window has no room for that is left out.
 */
export function cheaperAliases(slot: Slots<FittedInput>): RawBuilder<unknown> {
  return sql`
           select coalesce(json_agg(json_build_object(
                    'model_alias', alias,
                    'estimated_cost', trim_scale(cost)::text,
                    'affordable_output_tokens', output_tokens) order by multiplier, alias), '[]')
             from (select price.alias,
                          price.multiplier,
                          limits.output_tokens,
                          ${credits(slot, sql`limits.output_tokens`)} as cost,
                          means.available
                     from (select multiplier from price) as dearest,
                          lateral (select known.key as alias,
                                          (known.value ->> 'multiplier')::numeric as multiplier,
                                          (known.value ->> 'window')::bigint as window
                                     from jsonb_each(${slot.prices}::jsonb) as known) as price,
                          estimate, means,
                          lateral (select case when ${slot.fitsToBalance}::boolean
                                               then least(${slot.maxOutputTokens}::numeric,
                                                          ${affordable(slot, sql`means.available`)})
                                               else ${slot.maxOutputTokens}::numeric
                                          end as output_tokens) as limits
                    where price.multiplier < dearest.multiplier
                      and price.alias <> all(${slot.unable}::text[])
                      and price.window >= ${slot.maxOutputTokens}::bigint
                                          + estimate.octets / estimate.octets_per_token
                      and limits.output_tokens >= least(${slot.leastOutputTokens}::int,
                                                        ${slot.maxOutputTokens}::int)) as other
            where case when ${slot.coverInFull}::boolean then cost <= available else available > 0 end`;
}
