// From OE tokens to credits: the exact value, and its two roundings. The only place where a charge is rounded.

import { roundHalfUp, type Amount } from "@pantheon/contract/money.ts";
import { oeTokens, type TokenClasses, type Weights } from "./weights.ts";

/** What one model call is priced with: a pricing version's weights and the alias's multiplier. */
export type Price = { readonly weights: Weights; readonly multiplier: Amount };

/** One call's charge. `charged` is the ledger truth, `burned` is for display; both come from the exact value (contract section 2). */
export type Charge = { readonly oe: Amount; readonly exact: Amount; readonly charged: Amount; readonly burned: Amount };

const CHARGED_DECIMALS = 8;
const BURNED_DECIMALS = 4;

/** Credits for these tokens at this price: OE × multiplier ÷ OE per credit, rounded half up once for each of the two figures. */
export function charge(tokens: TokenClasses, price: Price): Charge {
  const oe = oeTokens(tokens, price.weights);
  const exact = oe.times(price.multiplier).div(price.weights.oePerCredit);
  return { oe, exact, charged: roundHalfUp(exact, CHARGED_DECIMALS), burned: roundHalfUp(exact, BURNED_DECIMALS) };
}
