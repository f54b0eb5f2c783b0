// What a payment intent says, and whether it fits the top-up that it is for. Pure: no database, no Stripe.

import * as v from "valibot";
import { isId } from "@pantheon/contract/id.ts";
import { amount, format, parseDecimal, roundHalfUp, ZERO, type Amount } from "@pantheon/contract/money.ts";

/** A payment intent, as far as it is used. Amounts in minor units of the currency. */
export type Payment = v.InferOutput<typeof PaymentIntent>;

const PaymentIntent = v.object({
  id: v.pipe(v.string(), v.regex(/^[\w-]{1,255}$/)),
  status: v.optional(v.string(), "succeeded"),
  amount_received: v.optional(v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), null),
  currency: v.optional(v.nullable(v.string()), null),
  livemode: v.optional(v.boolean(), false),
  client_secret: v.optional(v.nullable(v.string()), null),
  created: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(253_402_300_799)), 0),
  metadata: v.optional(v.nullable(v.record(v.string(), v.string())), null),
  last_payment_error: v.optional(v.unknown()),
});

/** Reads a payment intent; null for what is none. */
export function parsePayment(object: unknown): Payment | null {
  const parsed = v.safeParse(PaymentIntent, object);
  return parsed.success ? parsed.output : null;
}

/**
 * What a top-up is while its payment stands so, by every status that Stripe has; null for one that was paid, and for one of which nothing
 * follows. What requires a payment method again has failed: it was tried, or our row says so.
 */
export function stateOf(
  { status, last_payment_error: failure }: Payment,
  known: string,
): "pending" | "processing" | "failed" | "canceled" | null {
  switch (status) {
    case "requires_payment_method":
      return known === "processing" || (failure !== null && failure !== undefined) ? "failed" : null;
    case "requires_confirmation":
    case "requires_action": // its payer is trying
      return known === "created" ? null : "pending";
    case "processing":
    case "requires_capture": // the money is held for us, and on its way
      return "processing";
    case "canceled":
      return "canceled";
    default:
      return null;
  }
}

/** What a payment is for, by its metadata. */
export type Purpose =
  | { readonly kind: "top_up"; readonly topUp: string; readonly user: string | null }
  /** The older shape: no top-up of ours, but a user and what they are to get. */
  | { readonly kind: "credits"; readonly user: string; readonly credits: Amount }
  | { readonly kind: "unreadable" }
  /** Another product of the same account. */
  | { readonly kind: "foreign" };

/** Reads the metadata (contract section 6). */
export function purposeOf({ metadata }: Payment): Purpose {
  const { top_up_id: topUp, user_id: user, credits } = metadata ?? {};
  if (topUp !== undefined)
    return isId(topUp) && (user === undefined || isUser(user)) ? { kind: "top_up", topUp, user: user ?? null } : { kind: "unreadable" };
  if (user === undefined || credits === undefined) return { kind: "foreign" };
  const granted = parseDecimal(credits, 2);
  return isUser(user) && granted !== null && granted.gt(ZERO) && granted.lte(MAX_CREDITS)
    ? { kind: "credits", user, credits: granted }
    : { kind: "unreadable" };
}

export type TopUpTerms = { readonly user_id: string; readonly amount_usd: string; readonly payment_intent: string | null };

/** Why this payment does not fit its top-up, for an admin; null when it fits. */
export function misfit(payment: Payment, user: string | null, topUp: TopUpTerms, livemode: boolean): string | null {
  if (payment.status !== "succeeded") return "the payment has not succeeded";
  if (payment.livemode !== livemode) return "livemode differs from this stage's";
  if (payment.currency !== "usd") return "the currency is not usd";
  if (user !== null && user !== topUp.user_id) return "the payment names another user";
  if (topUp.payment_intent !== null && topUp.payment_intent !== payment.id) return "the top-up has another payment";
  if (payment.amount_received !== minorUnits(amount(topUp.amount_usd))) return "another amount was received";
  return null;
}

/** Why an older payment does not fit what it promises; on the local stage an amount may be left out, for events posted by hand. */
export function misfitOfCredits(
  payment: Payment,
  credits: Amount,
  usdPerCredit: Amount,
  stage: { local: boolean; livemode: boolean },
): string | null {
  if (payment.status !== "succeeded") return "the payment has not succeeded";
  if (payment.livemode !== stage.livemode) return "livemode differs from this stage's";
  if (stage.local && payment.amount_received === null && (payment.currency === null || payment.currency === "usd")) return null;
  if (payment.currency !== "usd") return "the currency is not usd";
  if (payment.amount_received === null || payment.amount_received === 0) return "no amount was received";
  return creditsFor(usdOf(payment.amount_received), usdPerCredit).eq(credits) ? null : "the amount does not buy these credits";
}

/** Credits for an amount: round half up (amount ÷ price of a credit, 2) (contract section 4). */
export function creditsFor(amountUsd: Amount, usdPerCredit: Amount): Amount {
  return roundHalfUp(amountUsd.div(usdPerCredit), 2);
}

/** USD as cents; amounts carry at most two decimals. */
export function minorUnits(amountUsd: Amount): number {
  return Number(format(amountUsd.times(amount("100"))));
}

/** Cents as USD. */
export function usdOf(minor: number): Amount {
  return amount(String(minor)).div(amount("100"));
}

const MAX_USD_MINOR = 9_999_999_999; // what a top-up's row can hold

/** What was received, if it was US dollars; null when it was not, or nothing, or nothing was said of it. */
export function receivedUsd({ amount_received: received, currency }: Pick<Payment, "amount_received" | "currency">): Amount | null {
  const isUsd = currency === "usd" && received !== null && received > 0 && received <= MAX_USD_MINOR;
  return isUsd ? usdOf(received) : null;
}

/** What a payment says of its own top-up, for when that is gone; null when it does not fit what was received. */
export function termsWithoutRow(payment: Payment, usdPerCredit: Amount, livemode: boolean): LostTerms | null {
  const purpose = purposeOf(payment);
  const credits = parseDecimal(payment.metadata?.["credits"] ?? "", 2);
  const rate = parseDecimal(payment.metadata?.["usd_per_credit"] ?? format(usdPerCredit), 18);
  const paid = receivedUsd(payment);
  if (purpose.kind !== "top_up" || purpose.user === null || credits === null || rate === null || paid === null) return null;
  const isFitting =
    payment.status === "succeeded" &&
    payment.livemode === livemode &&
    credits.gt(ZERO) &&
    rate.gt(ZERO) &&
    creditsFor(paid, rate).eq(credits);
  return isFitting ? { topUp: purpose.topUp, user: purpose.user, credits, amountUsd: paid } : null;
}

export type LostTerms = { readonly topUp: string; readonly user: string; readonly credits: Amount; readonly amountUsd: Amount };

const MAX_CREDITS = amount("9999999999");

function isUser(text: string): boolean {
  return text !== "" && Array.from(text).length <= 64 && text.isWellFormed() && !/\p{Cc}/u.test(text);
}
