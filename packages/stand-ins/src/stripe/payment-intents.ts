// What may become of a payment intent: created, paid or declined, completed later, canceled. Each step stores the new state and then tells.

import { happen, keep, mint, now, type Account } from "./account.ts";
import { CARDS, type Card } from "./cards.ts";
import { openDispute } from "./disputes.ts";
import type { Charge, EventRequest, Metadata, PaymentIntent } from "./objects.ts";
import { badParameter, missing, notNow } from "./refusal.ts";

export type NewIntent = {
  readonly amount: number;
  readonly currency: string;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly paymentMethod: string | null;
  /** Null means that Stripe chooses what is offered. */
  readonly paymentMethodTypes: readonly string[] | null;
  readonly allowRedirects: "always" | "never";
};

/** The smallest payment by currency, in its smallest unit; one unit where Stripe goes by the exchange rate, which the stand-in has none of. */
const MINIMUM: Readonly<Record<string, number>> = { usd: 50, eur: 50, gbp: 30, jpy: 50, cad: 50, aud: 50, chf: 50, kwd: 1, ugx: 1 };
const MAXIMUM = 99_999_999;

/** Throws StripeRefusal for an amount or a currency that Stripe would not take. */
export function createIntent(account: Account, wish: NewIntent, request: EventRequest): PaymentIntent {
  const minimum = MINIMUM[wish.currency];
  if (minimum === undefined) throw badParameter("currency", null, `The currency ${wish.currency} is not known.`);
  if (wish.amount < minimum) throw badParameter("amount", "amount_too_small", `The amount must be at least ${minimum} (${wish.currency}).`);
  if (wish.amount > MAXIMUM) throw badParameter("amount", "amount_too_large", `The amount must be at most ${MAXIMUM}.`);
  if (wish.paymentMethod !== null) cardOf(wish.paymentMethod);
  const id = mint("pi");
  const intent = keep<PaymentIntent>(account, {
    id,
    object: "payment_intent",
    amount: wish.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: wish.paymentMethodTypes === null ? { enabled: true, allow_redirects: wish.allowRedirects } : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic",
    client_secret: `${id}_secret_${mint("s").slice(2)}`,
    confirmation_method: "automatic",
    created: now(account),
    currency: wish.currency,
    customer: null,
    description: wish.description,
    last_payment_error: null,
    latest_charge: null,
    livemode: wish.livemode,
    metadata: wish.metadata,
    next_action: null,
    payment_method: wish.paymentMethod,
    payment_method_types: wish.paymentMethodTypes ?? ["card"],
    receipt_email: wish.receiptEmail,
    status: wish.paymentMethod === null ? "requires_payment_method" : "requires_confirmation",
  });
  happen(account, "payment_intent.created", intent, request);
  return intent;
}

/** The card behind a payment method. Throws StripeRefusal when it is none of the test cards. */
export function cardOf(paymentMethod: string): Card {
  const card = Object.hasOwn(CARDS, paymentMethod) ? CARDS[paymentMethod] : undefined;
  if (card === undefined) throw missing("payment method", paymentMethod, "payment_method", 400);
  return card;
}

const PAYABLE = new Set(["requires_payment_method", "requires_confirmation", "requires_action"]);

/**
 * Tries to pay. A decline is an answer here: the intent requires a payment method again and says why. Throws StripeRefusal when the
 * intent's state allows no payment.
 */
export function payIntent(account: Account, intent: PaymentIntent, paymentMethod: string, request: EventRequest): PaymentIntent {
  const card = cardOf(paymentMethod);
  if (!PAYABLE.has(intent.status)) throw unexpectedState("confirmed", intent);
  const tried: PaymentIntent = { ...intent, payment_method: paymentMethod, last_payment_error: null, next_action: null };
  if (card.payment === "succeeds") return succeed(account, tried, card, request);
  if (card.payment === "declined") return fail(account, tried, card, request);
  if (card.payment === "processing") return startProcessing(account, tried, request);
  const waiting = keep<PaymentIntent>(account, { ...tried, status: "requires_action", next_action: { type: "use_stripe_sdk" } });
  happen(account, "payment_intent.requires_action", waiting, request);
  return waiting;
}

/** Ends, or moves on, a payment that waits for a bank or for its payer. */
export function completeIntent(account: Account, intent: PaymentIntent, outcome: "succeeded" | "processing" | "failed"): PaymentIntent {
  if (intent.status !== "requires_action" && intent.status !== "processing") throw unexpectedState("completed", intent);
  const request: EventRequest = { id: null, idempotency_key: null };
  const card = cardOf(intent.payment_method ?? "");
  const moved: PaymentIntent = { ...intent, next_action: null };
  if (outcome === "succeeded") return succeed(account, moved, card, request);
  return outcome === "failed" ? fail(account, moved, card, request) : startProcessing(account, moved, request);
}

const CANCELABLE = new Set(["requires_payment_method", "requires_confirmation", "requires_action", "processing"]);

/** Throws StripeRefusal when there is nothing left to cancel. */
export function cancelIntent(account: Account, intent: PaymentIntent, reason: string | null, request: EventRequest): PaymentIntent {
  if (!CANCELABLE.has(intent.status)) throw unexpectedState("canceled", intent);
  const canceled = keep<PaymentIntent>(account, {
    ...intent,
    status: "canceled",
    canceled_at: now(account),
    cancellation_reason: reason,
    next_action: null,
  });
  happen(account, "payment_intent.canceled", canceled, request);
  return canceled;
}

function unexpectedState(act: string, intent: PaymentIntent): Error {
  return notNow("payment_intent_unexpected_state", `A payment intent that is ${intent.status} cannot be ${act}.`, {
    payment_intent: intent,
  });
}

function succeed(account: Account, intent: PaymentIntent, card: Card, request: EventRequest): PaymentIntent {
  const charge = keep(account, newCharge(account, intent, null));
  const paid = keep<PaymentIntent>(account, {
    ...intent,
    status: "succeeded",
    amount_received: intent.amount,
    latest_charge: charge.id,
  });
  happen(account, "charge.succeeded", charge, request);
  happen(account, "payment_intent.succeeded", paid, request);
  if (card.dispute !== undefined) openDispute(account, paid, { inquiry: card.dispute === "inquiry" });
  return paid;
}

function fail(account: Account, intent: PaymentIntent, card: Card, request: EventRequest): PaymentIntent {
  const { code, declineCode, message } = card.decline ?? { code: "payment_intent_authentication_failure", message: "The payment failed." };
  const charge = keep(account, newCharge(account, intent, { code, message }));
  const failed = keep<PaymentIntent>(account, {
    ...intent,
    status: "requires_payment_method",
    payment_method: null,
    latest_charge: charge.id,
    last_payment_error: {
      type: "card_error",
      code,
      message,
      charge: charge.id,
      ...(declineCode !== undefined && { decline_code: declineCode }),
    },
  });
  happen(account, "charge.failed", charge, request);
  happen(account, "payment_intent.payment_failed", failed, request);
  return failed;
}

function startProcessing(account: Account, intent: PaymentIntent, request: EventRequest): PaymentIntent {
  const processing = keep<PaymentIntent>(account, { ...intent, status: "processing" });
  happen(account, "payment_intent.processing", processing, request);
  return processing;
}

function newCharge(account: Account, intent: PaymentIntent, failure: { code: string; message: string } | null): Charge {
  const isPaid = failure === null;
  return {
    id: mint("ch"),
    object: "charge",
    amount: intent.amount,
    amount_captured: isPaid ? intent.amount : 0,
    amount_refunded: 0,
    captured: isPaid,
    created: now(account),
    currency: intent.currency,
    customer: null,
    description: intent.description,
    disputed: false,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    livemode: intent.livemode,
    metadata: intent.metadata,
    paid: isPaid,
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    refunded: false,
    status: isPaid ? "succeeded" : "failed",
  };
}
