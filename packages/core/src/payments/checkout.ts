// Topping up: the row first, then the payment intent, then both tied together. Reading a top-up that is not paid yet asks Stripe.

import { abandonTopUp, attachPayment, startTopUp } from "./statements/top-up.ts";
import type * as v from "valibot";
import type { TopUpStarted } from "@pantheon/contract/account.ts";
import { accountSuspended, meet, type Visitor } from "../accounts/person.ts";
import { keyExpired, keyReused, type RequestKey } from "../audit/request-key.ts";
import { DomainError, invariant } from "@pantheon/contract/error.ts";
import type { DecimalFault } from "@pantheon/contract/decimal-input.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { creditsFor, minorUnits, parsePayment } from "./payment.ts";
import type { PaymentDeps } from "./book.ts";
import { PaymentRefused, type Stripe } from "./stripe.ts";
import type { TopUpState } from "@pantheon/contract/vocabulary.ts";

export type CheckoutDeps = PaymentDeps & { readonly stripe: Stripe | null; readonly clock: Clock };

/** Unpaid top-ups that a user may have at once: more looks like the testing of cards. */
const MAX_OPEN = 10;
const START_TRIES = 12;

/** Stripe forgets an idempotency key after a day, and would make a second payment under it: the row is given up before. */
const KEY_LIVES_MS = 23 * 60 * 60 * 1_000;

type Row = {
  id: string;
  amount_usd: string;
  credits_to_grant: string;
  status: TopUpState;
  payment_intent: string | null;
  stripe_attempt: number;
  response_body: string | null;
  expired_at: Date | null;
  created_at: Date;
};

/**
 * Starts a top-up, or goes on with the one that this key began; returns its body as stored. 422 outside the limits, 403 for whoever is suspended, 429 with
 * too many unpaid ones, 503 without a key for Stripe, 502 when Stripe refuses or fails: then the same key tries again, for a day (contract
 * section 4). After that the top-up is canceled: it has no client secret, and Stripe is not asked.
 */
export async function topUp(
  deps: CheckoutDeps,
  caller: Visitor,
  asked: Amount | DecimalFault,
  key: RequestKey | null,
): Promise<{ body: string; replayed: boolean }> {
  const { stripe, config } = deps;
  const amountUsd = withinLimits(asked, config.topUp);
  if (!stripe) throw new DomainError("not_configured", "payment not configured");
  const { wallet } = caller;
  const { suspended } = await meet(deps.db, caller, { make: true });
  if (suspended) return answeredBefore(deps, wallet, key);
  const row = await stillOpen(deps, wallet, await begin(deps, wallet, amountUsd, key));
  if (row.response_body !== null) return { body: row.response_body, replayed: true };
  if (row.status === "canceled") return { body: `${bodyOf(row, null)}"status":"canceled"}`, replayed: false };
  try {
    return { body: await pay(deps, stripe, wallet, row), replayed: false };
  } catch (error) {
    // Without a key nobody can come back to this row, so it must not keep its place.
    if (!key && error instanceof PaymentRefused) await deps.db.run(abandonTopUp, { id: row.id });
    throw error;
  }
}

/** The amount, unless it is none, or outside the limits: the detail is the contract's sentence, and the fault beside it says which. */
function withinLimits(asked: Amount | DecimalFault, { minUsd, maxUsd }: CheckoutDeps["config"]["topUp"]): Amount {
  const range = `amount_usd must be between ${minUsd.toFixed(2)} and ${maxUsd.toFixed(2)}`;
  if (typeof asked !== "string" && asked.gte(minUsd) && asked.lte(maxUsd)) return asked;
  const message = typeof asked === "string" && asked !== "size" ? `amount_usd ${FAULTS[asked]}` : range;
  throw new DomainError("invalid_request", range, { errors: [{ path: "amount_usd", message }] });
}

const FAULTS = {
  form: 'must be a number, or a decimal in plain digits such as "10.50"',
  decimals: "must have at most 2 decimals",
};

/** What a suspended person still gets: the response that their key was given. 403 for anything else, and Stripe is not asked. */
async function answeredBefore({ db }: CheckoutDeps, wallet: string, key: RequestKey | null): Promise<{ body: string; replayed: boolean }> {
  const row = key && (await findRow(db, wallet, newId(), key));
  if (!row || keyReused(key, row)) throw accountSuspended();
  if (row.expired_at) throw keyExpired();
  if (row.response_body === null) throw accountSuspended();
  return { body: row.response_body, replayed: true };
}

/** The new row, or the one that this key began. After an error the rows decide. */
async function begin({ db, config }: CheckoutDeps, wallet: string, amountUsd: Amount, key: RequestKey | null): Promise<Row> {
  const credits = format(creditsFor(amountUsd, config.usdPerCredit));
  const input = {
    wallet,
    amountUsd: format(amountUsd),
    credits,
    usdPerCredit: format(config.usdPerCredit),
    key: key?.value ?? null,
    requestHash: key?.hash ?? null,
    slots: MAX_OPEN,
  };
  for (let tries = 0; tries < START_TRIES; tries += 1) {
    const id = newId();
    const failure: unknown[] = [];
    const started = await db.run(startTopUp, { ...input, id }).catch((error: unknown) => (failure.push(error), []));
    const found = started.length > 0 || failure.length > 0 || key ? await findRow(db, wallet, id, key) : undefined;
    const reused = found && key && keyReused(key, found);
    if (reused) throw reused;
    if (found?.expired_at) throw keyExpired();
    if (found) return found;
    if (failure.length === 0)
      throw new DomainError("rate_limited", "Too many top-ups are waiting to be paid.", { retryAfter: RETRY_AFTER_SECONDS });
    if (!isSlotTaken(failure[0])) throw failure[0];
  }
  throw new DomainError("rate_limited", "Too many top-ups are being started.", { retryAfter: 1 });
}

const RETRY_AFTER_SECONDS = 3_600;

/** The row, given up if its key is too old for Stripe and no payment is known. Whoever was quicker with a payment keeps it. */
async function stillOpen(deps: CheckoutDeps, wallet: string, row: Row): Promise<Row> {
  const isOld = row.created_at.getTime() < deps.clock() - KEY_LIVES_MS;
  if (!isOld || row.status !== "created" || row.payment_intent !== null) return row;
  await deps.db.run(abandonTopUp, { id: row.id });
  const found = await findRow(deps.db, wallet, row.id, null);
  invariant(found, "a top-up is never deleted while its user looks");
  return found;
}

async function findRow(db: CheckoutDeps["db"], wallet: string, id: string, key: RequestKey | null) {
  return db.query
    .selectFrom("top_ups")
    .select([
      "id",
      "amount_usd",
      "credits_to_grant",
      "status",
      "payment_intent",
      "stripe_attempt",
      "response_body",
      "expired_at",
      "request_hash",
      "created_at",
    ])
    .where("user_id", "=", wallet)
    .where((column) => (key ? column("idempotency_key", "=", key.value) : column("id", "=", id)))
    .executeTakeFirst();
}

function isSlotTaken(error: unknown): boolean {
  return error instanceof Error && "constraint" in error && error.constraint === "top_ups_open_slot";
}

/** Creates the intent under the row's own key, unless there is one, and ties both together. */
async function pay(deps: CheckoutDeps, stripe: Stripe, wallet: string, row: Row): Promise<string> {
  const intent = parsePayment((await madeBefore(stripe, row)) ?? (await create(deps, stripe, wallet, row)));
  invariant(intent, "Stripe answers a payment intent");
  const bodies = { body: bodyOf(row, intent.client_secret), canceledBody: bodyOf(row, null) };
  const [attached] = await deps.db.run(attachPayment, { id: row.id, payment: intent.id, livemode: intent.livemode, ...bodies });
  if (attached) return attached.response_body;
  // Another request of this key was quicker, with another intent: its answer is the one that counts, and ours is never paid.
  const first = await deps.db.query.selectFrom("top_ups").select("response_body").where("id", "=", row.id).executeTakeFirst();
  invariant(first?.response_body, "a top-up that has another payment has been answered");
  return first.response_body;
}

/** The response up to its status. */
function bodyOf({ id, credits_to_grant, amount_usd }: Row, secret: string | null): string {
  const head: Omit<v.InferInput<typeof TopUpStarted>, "status"> = {
    id,
    client_secret: secret,
    credits_to_grant: format(amount(credits_to_grant)),
    amount_usd: format(amount(amount_usd)),
  };
  return `${JSON.stringify(head).slice(0, -1)},`;
}

/** The payment that an event has told of, or that an earlier try made although it was told of a failure; null when there is none. */
async function madeBefore(stripe: Stripe, row: Row): Promise<unknown> {
  try {
    if (row.payment_intent !== null) return (await stripe.retrieve("payment_intents", row.payment_intent))?.object ?? null;
    return row.stripe_attempt > 1 ? await intentOf(stripe, row) : null;
  } catch (error) {
    throw new PaymentRefused(false, error);
  }
}

async function create(deps: CheckoutDeps, stripe: Stripe, wallet: string, row: Row): Promise<unknown> {
  try {
    return await stripe.createIntent({
      amount: minorUnits(amount(row.amount_usd)),
      key: row.stripe_attempt === 1 ? row.id : `${row.id}:${row.stripe_attempt}`,
      metadata: { user_id: wallet, top_up_id: row.id, credits: format(amount(row.credits_to_grant)), ...rateOf(deps, row) },
    });
  } catch (error) {
    if (error instanceof PaymentRefused && error.final) await nextAttempt(deps, row);
    throw error;
  }
}

/** The price of a credit that the row was made with; nothing when it changed since the row's first try. */
function rateOf({ config: { usdPerCredit } }: CheckoutDeps, row: Row): { usd_per_credit?: string } {
  const isSame = creditsFor(amount(row.amount_usd), usdPerCredit).eq(amount(row.credits_to_grant));
  return isSame ? { usd_per_credit: format(usdPerCredit) } : {};
}

/** Stripe's clock may be behind ours. */
const CLOCKS_APART_MS = 60_000;
const MAX_LOOKED_AT = 1_000;

/** The intent that an earlier try made although it was told of a failure; null when there is none, or too many others were made since. */
async function intentOf(stripe: Stripe, row: Row): Promise<unknown> {
  let lookedAt = 0;
  for await (const { object } of stripe.list("payment_intents", { since: new Date(row.created_at.getTime() - CLOCKS_APART_MS) })) {
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
