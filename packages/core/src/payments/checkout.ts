// Topping up: the row first, then the payment intent, then both tied together. Reading a top-up that is not paid yet asks Stripe.

import { abandonTopUp, attachPayment, moveTopUp, startTopUp } from "./statements/top-up.ts";
import type * as v from "valibot";
import type { TopUpStarted } from "@pantheon/contract/account.ts";
import { newestFirst, positionOf } from "../db/newest-first.ts";
import type { RequestKey } from "../audit/once.ts";
import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import { listed, type Listed, type Page } from "@pantheon/contract/page.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { creditsFor, minorUnits, parsePayment } from "./payment.ts";
import { settlePayment, type PaymentDeps } from "./book.ts";
import { PaymentRefused, type Stripe } from "./stripe.ts";
import type { TopUpState } from "@pantheon/contract/vocabulary.ts";

export type CheckoutDeps = PaymentDeps & { readonly stripe: Stripe | null; readonly clock: Clock };

/** Unpaid top-ups that a user may have at once: more looks like the testing of cards. */
const MAX_OPEN = 10;
const START_TRIES = 12;

type Row = {
  id: string;
  amount_usd: string;
  credits_to_grant: string;
  stripe_attempt: number;
  response_body: string | null;
  created_at: Date;
};

/**
 * Starts a top-up, or goes on with the one that this key began; answers its body as stored. 422 outside the limits, 429 with too many
 * unpaid ones, 503 without a key for Stripe, 502 when Stripe refuses or fails: then the same key tries again (contract section 4).
 */
export async function topUp(
  deps: CheckoutDeps,
  user: string,
  amountUsd: Amount | null,
  key: RequestKey | null,
): Promise<{ body: string; replayed: boolean }> {
  const { stripe, config } = deps;
  const { minUsd, maxUsd } = config.topUp;
  if (amountUsd === null || amountUsd.lt(minUsd) || amountUsd.gt(maxUsd)) {
    const message = `amount_usd must be between ${minUsd.toFixed(2)} and ${maxUsd.toFixed(2)}`;
    throw new DomainError("invalid_request", message, { errors: [{ path: "amount_usd", message }] });
  }
  if (!stripe) throw new DomainError("not_configured", "payment not configured");
  const row = await begin(deps, user, amountUsd, key);
  if (row.response_body !== null) return { body: row.response_body, replayed: true };
  try {
    return { body: await pay(deps, stripe, user, row), replayed: false };
  } catch (error) {
    // Without a key nobody can come back to this row, so it must not keep its place.
    if (!key && error instanceof PaymentRefused) await deps.db.run(abandonTopUp, { id: row.id });
    throw error;
  }
}

/** The new row, or the one that this key began. After an error the rows decide. */
async function begin({ db, config }: CheckoutDeps, user: string, amountUsd: Amount, key: RequestKey | null): Promise<Row> {
  const credits = format(creditsFor(amountUsd, config.usdPerCredit));
  const input = { user, amountUsd: format(amountUsd), credits, key: key?.value ?? null, requestHash: key?.hash ?? null, slots: MAX_OPEN };
  for (let tries = 0; tries < START_TRIES; tries += 1) {
    const id = newId();
    const failure: unknown[] = [];
    const started = await db.run(startTopUp, { ...input, id }).catch((error: unknown) => (failure.push(error), []));
    const found = started.length > 0 || failure.length > 0 || key ? await findRow(db, user, id, key) : undefined;
    if (found && key && found.request_hash !== key.hash) {
      throw new DomainError("idempotency_key_reused", "This Idempotency-Key was used for another request.");
    }
    if (found) return found;
    if (failure.length === 0)
      throw new DomainError("rate_limited", "Too many top-ups are waiting to be paid.", { retryAfter: RETRY_AFTER_SECONDS });
    if (!isSlotTaken(failure[0])) throw failure[0];
  }
  throw new DomainError("rate_limited", "Too many top-ups are being started.", { retryAfter: 1 });
}

const RETRY_AFTER_SECONDS = 3_600;

async function findRow(db: CheckoutDeps["db"], user: string, id: string, key: RequestKey | null) {
  return db.query
    .selectFrom("top_ups")
    .select(["id", "amount_usd", "credits_to_grant", "stripe_attempt", "response_body", "request_hash", "created_at"])
    .where("user_id", "=", user)
    .where((column) => (key ? column("idempotency_key", "=", key.value) : column("id", "=", id)))
    .executeTakeFirst();
}

function isSlotTaken(error: unknown): boolean {
  return error instanceof Error && "constraint" in error && error.constraint === "top_ups_open_slot";
}

/** Creates the intent under the row's own key and ties both together. */
async function pay(deps: CheckoutDeps, stripe: Stripe, user: string, row: Row): Promise<string> {
  const credits = format(amount(row.credits_to_grant));
  const amountUsd = amount(row.amount_usd);
  const object = (row.stripe_attempt > 1 && (await intentOf(stripe, row))) || (await create(deps, stripe, user, row));
  const intent = parsePayment(object);
  invariant(intent, "Stripe answers a payment intent");
  const head: Omit<v.InferInput<typeof TopUpStarted>, "status"> = {
    id: row.id,
    client_secret: intent.client_secret,
    credits_to_grant: credits,
    amount_usd: format(amountUsd),
  };
  const body = `${JSON.stringify(head).slice(0, -1)},`;
  const [attached] = await deps.db.run(attachPayment, { id: row.id, payment: intent.id, livemode: intent.livemode, body });
  if (attached) return attached.response_body;
  // Another request of this key was quicker, with another intent: its answer is the one that counts, and ours is never paid.
  const first = await deps.db.query.selectFrom("top_ups").select("response_body").where("id", "=", row.id).executeTakeFirst();
  invariant(first?.response_body, "a top-up that has another payment has been answered");
  return first.response_body;
}

async function create(deps: CheckoutDeps, stripe: Stripe, user: string, row: Row): Promise<unknown> {
  try {
    return await stripe.createIntent({
      amount: minorUnits(amount(row.amount_usd)),
      key: row.stripe_attempt === 1 ? row.id : `${row.id}:${row.stripe_attempt}`,
      metadata: { user_id: user, top_up_id: row.id, credits: format(amount(row.credits_to_grant)) },
    });
  } catch (error) {
    if (error instanceof PaymentRefused && error.final) await nextAttempt(deps, row);
    throw error;
  }
}

/** Stripe's clock may be behind ours. */
const CLOCKS_APART_MS = 60_000;
const MAX_LOOKED_AT = 1_000;

/** The intent that an earlier try made although it was told of a failure; null when there is none, or too many others were made since. */
async function intentOf(stripe: Stripe, row: Row): Promise<unknown> {
  let lookedAt = 0;
  for await (const object of stripe.list("payment_intents", new Date(row.created_at.getTime() - CLOCKS_APART_MS))) {
    if (parsePayment(object)?.metadata?.["top_up_id"] === row.id) return object;
    if ((lookedAt += 1) >= MAX_LOOKED_AT) return null;
  }
  return null;
}

/** Stripe answers the same key with the same failure, so the next try takes another, and first looks for what this one may have made. */
async function nextAttempt({ db }: CheckoutDeps, row: Row): Promise<void> {
  await db.query
    .updateTable("top_ups")
    .set({ stripe_attempt: row.stripe_attempt + 1 })
    .where("id", "=", row.id)
    .where("stripe_attempt", "=", row.stripe_attempt)
    .execute();
}

export type TopUpRow = {
  id: string;
  amount_usd: string;
  credits_to_grant: string;
  status: TopUpState;
  payment_intent: string | null;
  created_at: Date;
  updated_at: Date;
};

/** This user's top-ups, newest first, as they are known. */
export async function listTopUps({ db }: CheckoutDeps, user: string, page: Page): Promise<Listed<TopUpRow>> {
  const rows = await newestFirst(ownTopUps(db, user), page).execute();
  const counted = await db.query
    .selectFrom("top_ups")
    .select((column) => column.fn.countAll<string>().as("count"))
    .where("user_id", "=", user)
    .executeTakeFirstOrThrow();
  return listed(rows, page, Number(counted.count), positionOf);
}

/**
 * One top-up of this user. One that is not settled is looked up at Stripe, and granted if it was paid, by the same path as a webhook;
 * when Stripe is away it is shown as it is known. `clientSecret` is there while it can be paid.
 */
export async function readTopUp(deps: CheckoutDeps, user: string, id: string): Promise<TopUpRow & { clientSecret: string | null }> {
  const row = await findOwn(deps, user, id);
  if (!deps.stripe || row.payment_intent === null || !OPEN.has(row.status)) return { ...row, clientSecret: null };
  try {
    const payment = parsePayment(await deps.stripe.retrieveIntent(row.payment_intent));
    if (!payment) return { ...row, clientSecret: null };
    if (payment.status === "succeeded") await settlePayment(deps, payment, null);
    if (payment.status === "canceled" || payment.status === "processing") {
      await deps.db.run(moveTopUp, { id, payment: payment.id, status: payment.status, at: new Date(deps.clock()), event: null, type: "" });
    }
    return { ...(await findOwn(deps, user, id)), clientSecret: payment.status.startsWith("requires_") ? payment.client_secret : null };
  } catch (error) {
    if (error instanceof DomainError && error.code === "database_unavailable") throw error;
    deps.log.warn("a top-up could not be looked up at Stripe, or not be booked", {
      top_up_id: id,
      error: error instanceof Error ? error.name : "unknown",
    });
    return { ...row, clientSecret: null };
  }
}

const OPEN = new Set(["created", "pending", "processing", "failed"]);

async function findOwn({ db }: CheckoutDeps, user: string, id: string): Promise<TopUpRow> {
  const row = await ownTopUps(db, user).where("id", "=", id).executeTakeFirst();
  if (!row) throw new DomainError("not_found", "Top-up not found.");
  return row;
}

function ownTopUps(db: CheckoutDeps["db"], user: string) {
  return db.query
    .selectFrom("top_ups")
    .select(["id", "amount_usd", "credits_to_grant", "status", "payment_intent", "created_at", "updated_at"])
    .where("user_id", "=", user);
}
