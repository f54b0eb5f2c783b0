// A payment that succeeded becomes credits, once: the same path for a webhook, a person who looks, and the reconciliation.

import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { grantPayment } from "../ledger/statements/grant-payment.ts";
import { quarantinePayment, refitPayment } from "../ledger/statements/quarantine-payment.ts";
import { sqlState } from "../db/unavailable.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { Log } from "../log.ts";
import { format, ZERO } from "@pantheon/contract/money.ts";
import { creditsFor, purposeOf, receivedUsd, type Payment } from "./payment.ts";
import { applyToWallet } from "./reversal.ts";
import { FITS_NOW, FULL_WALLET, judge, type House, type Known, type Terms, type Verdict } from "./verdict.ts";
import type { EventOutcome } from "@pantheon/contract/vocabulary.ts";

export type PaymentDeps = { readonly db: Database; readonly log: Log; readonly config: Config };

/** The event that told of a payment; null when we asked ourselves. */
export type Origin = { readonly id: string; readonly type: string } | null;

/** Judging again after the rows changed in between: each time somebody else has done something with this payment or its top-up. */
const TRIES = 5;

/**
 * Grants what this payment bought, or says why not. Refuses with `malformed_metadata` (422) when it names us but cannot be read.
 * A payment in quarantine stays there, whatever is told of it: only an admin's resolution or a restoration takes it out.
 * Whatever fails inside is thrown, and the caller tries again: nothing is half done.
 */
export async function settlePayment(deps: PaymentDeps, payment: Payment, origin: Origin): Promise<EventOutcome> {
  const purpose = purposeOf(payment);
  if (purpose.kind === "foreign") return "ignored";
  if (purpose.kind === "unreadable") throw new DomainError("malformed_metadata", "malformed webhook metadata");
  for (let tries = 0; tries < TRIES; tries += 1) {
    const known = await readKnown(deps.db, payment.id, purpose.kind === "top_up" ? purpose.topUp : null);
    const settled = await book(deps, payment, judge(payment, purpose, known, houseOf(deps.config)), origin);
    if (settled !== null) return settled;
  }
  throw new DomainError("conflict", "This payment is being booked. Please try again.", { retryAfter: 1 });
}

/** The rows that decide. The ledger is asked last, so that a grant that commits meanwhile is seen. */
export async function readKnown(db: Database, payment: string, topUp: string | null): Promise<Known> {
  const topUps = await db.query
    .selectFrom("top_ups")
    .select(["id", "user_id", "amount_usd", "credits_to_grant", "payment_intent", "status"])
    .where((column) => column.or([column("payment_intent", "=", payment), ...(topUp === null ? [] : [column("id", "=", topUp)])]))
    .execute();
  return { topUps, isGranted: (await grantOf(db, payment)) !== undefined };
}

/** Does what the verdict says. Null: the rows it was judged by have changed. */
async function book(deps: PaymentDeps, payment: Payment, verdict: Verdict, origin: Origin): Promise<EventOutcome | null> {
  if (verdict.kind === "grant") return grant(deps, payment, verdict.terms, origin);
  if (verdict.kind === "aside") return setAside(deps, payment, verdict, origin);
  if (verdict.kind === "fits_now") return refit(deps, payment, verdict.terms, origin);
  // A refund or dispute that came before the grant is applied now, and again if the last try died in between.
  await applyToWallet(deps.db, payment.id, origin);
  return "already_processed";
}

const NUMERIC_OUT_OF_RANGE = "22003";
const CONSTRAINT_VIOLATED = "23";

/** Grants. After an error the ledger says whether it was granted, by us or by somebody else. */
async function grant(deps: PaymentDeps, payment: Payment, terms: Terms, origin: Origin): Promise<EventOutcome | null> {
  const topUp = terms.topUp ?? newId();
  const figures = { credits: format(terms.credits), amountUsd: format(terms.amountUsd) };
  const input = { ...eventOf(payment, origin), ...figures, transaction: newId(), wallet: terms.user, topUp };
  try {
    await deps.db.run(grantPayment, { ...input, livemode: payment.livemode });
  } catch (error) {
    const granted = await grantOf(deps.db, payment.id);
    if (granted && granted.id !== input.transaction) return null; // somebody else's: judged again, it is settled
    if (!granted) return notGranted(deps, payment, { ...terms, topUp }, origin, error);
  }
  await applyToWallet(deps.db, payment.id, null);
  return "ok";
}

/** A wallet that is too full would refuse it for ever, so an admin decides. A refusal by a constraint means that the rows have changed. */
async function notGranted(deps: PaymentDeps, payment: Payment, terms: Terms, origin: Origin, error: unknown): Promise<EventOutcome | null> {
  const state = sqlState(error);
  if (state === NUMERIC_OUT_OF_RANGE) return setAside(deps, payment, { ...terms, reason: FULL_WALLET }, origin);
  if (!state?.startsWith(CONSTRAINT_VIOLATED)) throw error;
  deps.log.warn("a payment's rows changed while it was granted", { payment_intent: payment.id, sqlstate: state });
  return null;
}

type Aside = { readonly topUp: string | null; readonly user: string; readonly reason: string };

async function setAside(deps: PaymentDeps, payment: Payment, { topUp, user, reason }: Aside, origin: Origin): Promise<EventOutcome | null> {
  const usd = receivedUsd(payment) ?? ZERO; // what is no dollars buys nothing that could be shown
  const figures = { amountUsd: format(usd), credits: format(creditsFor(usd, deps.config.usdPerCredit)) };
  const said = { ...receivedOf(payment), livemode: payment.livemode };
  const input = { ...eventOf(payment, origin), ...figures, ...said, topUp: topUp ?? newId(), wallet: user, reason };
  const [row] = await deps.db.run(quarantinePayment, input).catch(async (error: unknown) => {
    if (await standsAside(deps.db, payment.id)) return [{ id: input.topUp }]; // another copy of this event set it aside first
    if (sqlState(error)?.startsWith(CONSTRAINT_VIOLATED)) return [];
    throw error;
  });
  return row ? inQuarantine(deps, payment, reason) : null;
}

async function refit(deps: PaymentDeps, payment: Payment, terms: Terms, origin: Origin): Promise<EventOutcome | null> {
  const reason = await reasonOf(deps.db, payment.id);
  const figures = { credits: format(terms.credits), amountUsd: format(terms.amountUsd) };
  const told = { ...eventOf(payment, origin), ...figures, ...receivedOf(payment), wallet: terms.user };
  const [row] = await deps.db.run(refitPayment, { ...told, reason: reason === FULL_WALLET ? FULL_WALLET : FITS_NOW });
  return row ? inQuarantine(deps, payment, FITS_NOW) : null;
}

function inQuarantine({ log }: PaymentDeps, payment: Payment, reason: string): EventOutcome {
  log.count("payment_quarantined", { payment_intent: payment.id, reason });
  return "quarantined";
}

async function standsAside(db: Database, payment: string): Promise<boolean> {
  return (await reasonOf(db, payment)) !== null;
}

/** Why this payment is in quarantine; null when it is not. */
async function reasonOf(db: Database, payment: string): Promise<string | null> {
  const row = await db.query
    .selectFrom("top_ups")
    .select("quarantine_reason")
    .where("payment_intent", "=", payment)
    .where("status", "=", "quarantined")
    .executeTakeFirst();
  return row?.quarantine_reason ?? null;
}

function eventOf(payment: Payment, origin: Origin) {
  return { payment: payment.id, event: origin?.id ?? null, type: origin?.type ?? "" };
}

/** What was received, as it was said; a currency that is no letters is none. */
function receivedOf({ amount_received: received, currency }: Payment) {
  return { receivedMinor: received, receivedCurrency: currency !== null && /^[A-Za-z]{1,8}$/.test(currency) ? currency : null };
}

function grantOf(db: Database, payment: string) {
  return db.query
    .selectFrom("credit_transactions")
    .select("id")
    .where("kind", "=", "grant")
    .where("reference_id", "=", payment)
    .executeTakeFirst();
}

/** The terms of this stage that payments are judged by. */
export function houseOf({ stripe, stage, usdPerCredit }: Config): House {
  return { usdPerCredit, isLocal: stage === "local", livemode: livemodeOf({ stripe }) };
}

/** A live key takes live payments, any other takes test payments. */
export function livemodeOf({ stripe }: Pick<Config, "stripe">): boolean {
  return /^[rs]k_live_/.test(stripe.secretKey ?? "");
}
