// From OE tokens to credits: the exact value, and its two roundings. The only place where a charge is rounded.

import { roundHalfUp, ZERO, type Amount } from "@pantheon/contract/money.ts";
import { oeTokens, type TokenClasses, type Weights } from "./weights.ts";

/** What one model call is priced with: a pricing version's weights and the alias's multiplier. */
export type Price = { readonly weights: Weights; readonly multiplier: Amount };

/**
 * One call's charge. `charged` is the ledger truth, `burned` is for display; both come from the exact value (contract section 2).
 * `absorbed` is what the house took over: charged + absorbed = the exact value rounded.
 */
export type Charge = {
  readonly oe: Amount;
  readonly exact: Amount;
  readonly charged: Amount;
  readonly burned: Amount;
  readonly absorbed: Amount;
};

const CHARGED_DECIMALS = 8;
const BURNED_DECIMALS = 4;

/** The same charge as it is shown, of what is charged by the piece. */
export function burnedOf(charged: Amount): Amount {
  return roundHalfUp(charged, BURNED_DECIMALS);
}

/** Credits for these tokens at this price: OE × multiplier ÷ OE per credit, rounded half up once for each of the two figures. */
export function charge(tokens: TokenClasses, price: Price): Charge {
  const oe = oeTokens(tokens, price.weights);
  const exact = oe.times(price.multiplier).div(price.weights.oePerCredit);
  return { oe, exact, charged: roundHalfUp(exact, CHARGED_DECIMALS), burned: burnedOf(exact), absorbed: ZERO };
}

/** The charge, or as much of it as `most` credits (8 decimals at most); the rest is absorbed, and neither charged nor shown as burned. */
export function capped(whole: Charge, most: Amount): Charge {
  if (whole.charged.lte(most)) return whole;
  const absorbed = whole.charged.minus(most);
  return { ...whole, charged: most, burned: roundHalfUp(whole.exact.minus(absorbed), BURNED_DECIMALS), absorbed };
}
