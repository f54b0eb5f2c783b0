// Amounts as people read them. The API's decimal string is the truth: it is cut and grouped here, and sums are exact.

import { amount, roundHalfUp } from "@pantheon/contract/money.ts";
import { site } from "../session/site.ts";

type CreditsProps = {
  /** The decimal string as it came. */
  readonly value: string;
  /** Shows + before what comes in; − is always shown. */
  readonly signed?: boolean;
  /** Keeps the points of a column under one another. */
  readonly aligned?: boolean;
  /** For strips of figures: what is finer than two decimals is cut. The element's value has all of it. */
  readonly short?: boolean;
};

/** Credits: two decimals in ink, what is finer in a quieter tone. */
export function Credits({ value, signed = false, aligned = false, short = false }: CreditsProps) {
  const { sign, whole, fraction } = partsOf(value);
  const before = sign === "-" ? "−" : signed && value !== "0" ? "+" : "";
  const fine = short ? "" : fraction.slice(2);
  return (
    <data className={aligned ? "amount amount-aligned" : "amount"} value={value}>
      {`${before}${grouped(whole)}`}
      <span className="amount-fraction">
        {`.${fraction.slice(0, 2).padEnd(2, "0")}`}
        {fine !== "" && <span className="amount-fine">{fine}</span>}
      </span>
    </data>
  );
}

/** Dollars that are the fact itself: a payment, a cost, a revenue. Two decimals; the exact figure is the element's value. */
export function Usd({ value }: { readonly value: string }) {
  return (
    <data className="amount" value={value} title={`$${value}`}>
      {usd(value)}
    </data>
  );
}

/** What credits are worth in dollars, as a hint beside them. */
export function Worth({ credits }: { readonly credits: string }) {
  return <span className="quiet nowrap">≈ {usd(usdOf(credits))}</span>;
}

/** Credits in dollars, exactly. */
export function usdOf(credits: string): string {
  return amount(credits).times(amount(site().usd_per_credit)).toFixed();
}

/** Rounded to cents for reading. What is not zero never reads as zero. */
export function usd(value: string): string {
  const exact = amount(value);
  const cents = roundHalfUp(exact, 2);
  const sign = exact.lt(amount("0")) ? "−" : "";
  if (cents.eq(amount("0")) && !exact.eq(amount("0"))) return sign === "" ? "< $0.01" : "> −$0.01";
  const { whole, fraction } = partsOf(cents.toFixed(2));
  return `${sign}$${grouped(whole)}.${fraction}`;
}

const COUNT = new Intl.NumberFormat("en-US");

/** A count of things: tokens, calls, people. */
export function count(value: number): string {
  return COUNT.format(value);
}

function partsOf(value: string): { sign: string; whole: string; fraction: string } {
  const [, sign = "", whole = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  return { sign, whole, fraction };
}

function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
