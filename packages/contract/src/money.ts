// Amounts: credits and USD as exact decimals. Owns parsing, formatting and the one rounding function of the product.
// Big runs in strict mode, so a float can never become an amount by accident.

import BigJs from "big.js";

const Decimal = BigJs();
Decimal.strict = true;
Decimal.PE = 1_000; // plain notation up to a thousand digits: no amount is ever printed with an exponent
Decimal.NE = -1_000;
Decimal.DP = 40; // quotients carry 40 decimals before they are rounded once

export type Amount = BigJs.Big;

/** An amount from a decimal string that is known to be good (a column, a constant). Throws on anything else. */
export function amount(text: string): Amount {
  return new Decimal(text);
}

export const ZERO: Amount = amount("0");

const PLAIN_DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;
const MAX_DIGITS = 18; // contract section 1

/**
 * Reads a decimal that came from outside, exactly: plain notation, at most `decimals` decimals and 18 digits.
 * Returns null for anything else (exponents, signs, blanks, NaN, full-width digits). Length is checked before Big sees the text.
 */
export function parseDecimal(text: string, decimals: number): Amount | null {
  if (text.length > MAX_DIGITS + 2 || !PLAIN_DECIMAL.test(text)) return null;
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  if (fraction.length > decimals || whole.length + fraction.length > MAX_DIGITS) return null;
  return amount(text);
}

/**
 * A JSON number as the shortest decimal that names it (contract section 1). Null when it is not finite, or when it has more than 15
 * significant digits and so may not be the number that was written: such a one is sent as a string.
 */
export function decimalOfNumber(value: number): string | null {
  if (!Number.isFinite(value)) return null;
  const plain = amount(String(value)).toFixed();
  const significant = plain.replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "");
  return significant.length > 15 ? null : plain;
}

/** Plain notation without trailing zeros: "0", "5.25", "-1.5" (contract section 1). */
export function format(value: Amount): string {
  return value.eq(ZERO) ? "0" : value.toFixed();
}

/** The one rounding function: half away from zero (half up for charges, which are never negative) at `decimals` decimals. */
export function roundHalfUp(value: Amount, decimals: number): Amount {
  return value.round(decimals, Decimal.roundHalfUp);
}

/** The exact sum of amounts. */
export function sum(values: readonly Amount[]): Amount {
  return values.reduce((total, value) => total.plus(value), ZERO);
}
