// A payment that succeeded becomes credits, once: the same path for a webhook, a person who looks, and the reconciliation.

import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { grantPayment, quarantinePayment, releasePayment } from "../ledger/statements/grant-payment.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { Log } from "../log.ts";
import { amount, format, roundHalfUp, type Amount } from "@pantheon/contract/money.ts";
import { creditsFor, misfit, misfitOfCredits, purposeOf, usdOf, type Payment } from "./payment.ts";
import { applyToWallet } from "./reversal.ts";
import type { EventOutcome } from "@pantheon/contract/vocabulary.ts";

export type PaymentDeps = { readonly db: Database; readonly log: Log; readonly config: Config };

/** The event that told of a payment; null when we asked ourselves. */
export type Origin = { readonly id: string; readonly type: string } | null;

/**
 * Grants what this payment bought, or says why not. Refuses with `malformed_metadata` (422) when it names us but cannot be read.
 * Whatever fails inside is thrown, and the caller tries again: nothing is half done.
 */
export async function settlePayment(deps: PaymentDeps, payment: Payment, origin: Origin): Promise<EventOutcome> {
  const purpose = purposeOf(payment);
  if (purpose.kind === "foreign") return "ignored";
  if (purpose.kind === "unreadable") throw new DomainError("malformed_metadata", "malformed webhook metadata");
  if (purpose.kind === "credits") return settleCredits(deps, payment, purpose, origin);

  const topUp = await deps.db.query
    .selectFrom("top_ups")
    .select(["id", "user_id", "amount_usd", "credits_to_grant", "payment_intent", "status"])
    .where("id", "=", purpose.topUp)
    .executeTakeFirst();
  if (await wasGranted(deps.db, payment.id)) return already(deps, payment, origin);
  const livemode = livemodeOf(deps.config);
  const reason = topUp ? misfit(payment, purpose.user, topUp, livemode) : "there is no such top-up";
  if (reason !== null) {
    const own =
      topUp !== undefined && topUp.status !== "succeeded" && (topUp.payment_intent === null || topUp.payment_intent === payment.id);
    const user = topUp?.user_id ?? purpose.user ?? NOBODY;
    return setAside(deps, payment, { topUp: own ? purpose.topUp : await asideId(deps.db, payment), user, reason }, origin);
  }
  const terms = {
    user: topUp?.user_id ?? "",
    credits: amount(topUp?.credits_to_grant ?? "0"),
    topUp: purpose.topUp,
    amountUsd: amount(topUp?.amount_usd ?? "0"),
  };
  return give(deps, payment, terms, origin);
}

async function settleCredits(
  deps: PaymentDeps,
  payment: Payment,
  { user, credits }: { user: string; credits: Amount },
  origin: Origin,
): Promise<EventOutcome> {
  if (await wasGranted(deps.db, payment.id)) return already(deps, payment, origin);
  const { usdPerCredit, stage } = deps.config;
  const reason = misfitOfCredits(payment, credits, usdPerCredit, { local: stage === "local", livemode: livemodeOf(deps.config) });
  const topUp = await asideId(deps.db, payment);
  if (reason !== null) return setAside(deps, payment, { topUp, user, reason }, origin);
  const paid = payment.amount_received === null ? roundHalfUp(credits.times(usdPerCredit), 2) : usdOf(payment.amount_received);
  return give(deps, payment, { user, credits, topUp, amountUsd: paid.lt(CENT) ? CENT : paid }, origin);
}

const CENT = amount("0.01");

type Terms = { readonly user: string; readonly credits: Amount; readonly topUp: string; readonly amountUsd: Amount };

/** Grants. After an error the ledger says whether it was granted, by us or by somebody else. */
async function give(deps: PaymentDeps, payment: Payment, terms: Terms, origin: Origin): Promise<EventOutcome> {
  const input = {
    ...eventOf(payment, origin),
    transaction: newId(),
    user: terms.user,
    credits: format(terms.credits),
    topUp: terms.topUp,
    amountUsd: format(terms.amountUsd),
  };
  await deps.db.run(releasePayment, { payment: payment.id, topUp: terms.topUp });
  try {
    await deps.db.run(grantPayment, input);
  } catch (error) {
    const granted = await grantOf(deps.db, payment.id);
    if (!granted) throw error;
    if (granted.id !== input.transaction) return already(deps, payment, origin);
  }
  await applyToWallet(deps.db, payment.id, null);
  return "ok";
}

/** A refund or dispute that came before its payment was granted is applied now, and again if the last try died in between. */
async function already({ db }: PaymentDeps, payment: Payment, origin: Origin): Promise<EventOutcome> {
  await applyToWallet(db, payment.id, origin);
  return "already_processed";
}

/** Who a payment without a user is shown for: no token can say it. */
const NOBODY = "";
const MAX_SHOWN_MINOR = 9_999_999_999;

async function setAside(
  deps: PaymentDeps,
  payment: Payment,
  aside: { topUp: string; user: string; reason: string },
  origin: Origin,
): Promise<EventOutcome> {
  // The row only shows it to an operator: what its columns cannot hold, or may not be zero, is shown as the nearest that they can.
  const received = usdOf(Math.min(Math.max(1, payment.amount_received ?? 0), MAX_SHOWN_MINOR));
  const credits = creditsFor(received, deps.config.usdPerCredit);
  const input = { ...eventOf(payment, origin), ...aside, amountUsd: format(received), credits: format(credits.lt(CENT) ? CENT : credits) };
  try {
    await deps.db.run(quarantinePayment, input);
  } catch (error) {
    const row = await deps.db.query.selectFrom("top_ups").select("status").where("payment_intent", "=", payment.id).executeTakeFirst();
    if (row?.status !== "quarantined") throw error; // else another copy of this event set it aside first
  }
  deps.log.count("payment_quarantined", { payment_intent: payment.id, reason: aside.reason });
  return "quarantined";
}

/** The row that already stands for a payment without a top-up of its own, or a new one. */
async function asideId(db: Database, payment: Payment): Promise<string> {
  const row = await db.query.selectFrom("top_ups").select("id").where("payment_intent", "=", payment.id).executeTakeFirst();
  return row?.id ?? newId();
}

function eventOf(payment: Payment, origin: Origin) {
  return { payment: payment.id, livemode: payment.livemode, event: origin?.id ?? null, type: origin?.type ?? "" };
}

function grantOf(db: Database, payment: string) {
  return db.query
    .selectFrom("credit_transactions")
    .select("id")
    .where("kind", "=", "grant")
    .where("reference_id", "=", payment)
    .executeTakeFirst();
}

async function wasGranted(db: Database, payment: string): Promise<boolean> {
  return (await grantOf(db, payment)) !== undefined;
}

/** A live key takes live payments, any other takes test payments. */
export function livemodeOf({ stripe }: Pick<Config, "stripe">): boolean {
  return /^[rs]k_live_/.test(stripe.secretKey ?? "");
}
