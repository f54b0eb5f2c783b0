// What is to become of a payment, from what it says and the rows that are known of it. Pure: no database, no Stripe.

import { amount, roundHalfUp, type Amount } from "@pantheon/contract/money.ts";
import type { TopUpState } from "@pantheon/contract/vocabulary.ts";
import { misfit, misfitOfCredits, usdOf, type Payment, type Purpose, type TopUpTerms } from "./payment.ts";

/** A top-up's row, as far as a payment is compared with it. */
export type KnownTopUp = TopUpTerms & { readonly id: string; readonly credits_to_grant: string; readonly status: TopUpState };

export type Known = {
  /** The top-up that the payment names, and the row that has it for its payment: one, two or none. */
  readonly topUps: readonly KnownTopUp[];
  readonly isGranted: boolean;
};

/** The stage's own terms. */
export type House = { readonly usdPerCredit: Amount; readonly isLocal: boolean; readonly livemode: boolean };

/** What a payment buys, for whom. `topUp` is null when it has no row yet. */
export type Terms = { readonly user: string; readonly credits: Amount; readonly amountUsd: Amount; readonly topUp: string | null };

export type Verdict =
  /** Granted, or dismissed by an admin: no event changes it. */
  | { readonly kind: "settled" }
  | { readonly kind: "grant"; readonly terms: Terms }
  /** To be set aside, in the row `topUp` or a new one. */
  | { readonly kind: "aside"; readonly topUp: string | null; readonly user: string; readonly reason: string }
  /** Set aside before, and repaired since: it waits for an admin all the same. */
  | { readonly kind: "fits_now"; readonly terms: Terms };

export const NO_TOP_UP = "there is no such top-up";
export const FULL_WALLET = "the wallet cannot hold these credits";
export const FITS_NOW = "it did not fit when it was first told of; now it does";

/** Whom a payment without a user is shown for: no token can name it. */
const NOBODY = "";
const CENT = amount("0.01");

/** Judges a payment of ours (contract section 6). Nothing leaves quarantine by what is judged here. */
export function judge(payment: Payment, purpose: Extract<Purpose, { kind: "top_up" | "credits" }>, known: Known, house: House): Verdict {
  const standing = known.topUps.find((row) => row.payment_intent === payment.id);
  if (known.isGranted || standing?.status === "dismissed") return { kind: "settled" };
  const found = purpose.kind === "top_up" ? fitTopUp(payment, purpose, known, house) : fitCredits(payment, purpose, standing, house);
  if ("reason" in found) return { kind: "aside", topUp: standing?.id ?? found.topUp, user: found.user, reason: found.reason };
  return { kind: standing?.status === "quarantined" ? "fits_now" : "grant", terms: found };
}

type Misfit = { readonly reason: string; readonly user: string; readonly topUp: string | null };

function fitTopUp(payment: Payment, purpose: { topUp: string; user: string | null }, { topUps }: Known, house: House): Terms | Misfit {
  const topUp = topUps.find((row) => row.id === purpose.topUp);
  if (!topUp) return { reason: NO_TOP_UP, user: purpose.user ?? NOBODY, topUp: null };
  const other = topUps.find((row) => row.payment_intent === payment.id && row.id !== topUp.id);
  const isTaken = other !== undefined && other.status !== "quarantined";
  const reason = misfit(payment, purpose.user, topUp, house.livemode) ?? (isTaken ? "it is another top-up's payment" : null);
  if (reason === null) {
    return {
      user: topUp.user_id,
      credits: amount(topUp.credits_to_grant),
      amountUsd: amount(topUp.amount_usd),
      topUp: topUp.id,
    };
  }
  return { reason, user: topUp.user_id, topUp: topUp.payment_intent === null && topUp.status !== "succeeded" ? topUp.id : null };
}

function fitCredits(
  payment: Payment,
  { user, credits }: { user: string; credits: Amount },
  standing: KnownTopUp | undefined,
  { usdPerCredit, isLocal, livemode }: House,
): Terms | Misfit {
  const isTaken = standing !== undefined && standing.status !== "quarantined" && standing.user_id !== user;
  const reason =
    misfitOfCredits(payment, credits, usdPerCredit, { local: isLocal, livemode }) ?? (isTaken ? "it is another user's payment" : null);
  if (reason !== null) return { reason, user, topUp: null };
  const paid = payment.amount_received === null ? roundHalfUp(credits.times(usdPerCredit), 2) : usdOf(payment.amount_received);
  return { user, credits, amountUsd: paid.lt(CENT) ? CENT : paid, topUp: standing?.id ?? null };
}
