// Output-equivalent (OE) tokens: what the three token classes weigh. Pure; knows no price.

import { amount, ZERO, type Amount } from "@pantheon/contract/money.ts";

/** The three classes that are priced (contract section 2). Reasoning tokens are output. */
export type TokenClasses = { readonly fresh: number; readonly cached: number; readonly output: number };

/** A pricing version's weights: OE tokens per token of each class, and OE tokens per credit. */
export type Weights = { readonly fresh: Amount; readonly cached: Amount; readonly output: Amount; readonly oePerCredit: Amount };

/** fresh × w + cached × w + output × w, exactly. A negative count weighs nothing (contract section 2). */
export function oeTokens(tokens: TokenClasses, weights: Weights): Amount {
  return count(tokens.fresh)
    .times(weights.fresh)
    .plus(count(tokens.cached).times(weights.cached))
    .plus(count(tokens.output).times(weights.output));
}

function count(tokens: number): Amount {
  return tokens > 0 ? amount(String(tokens)) : ZERO;
}
