// Paying at the stand-in Stripe from the web app, as Stripe's own form does from a browser: the client secret says which payment, and no
// token is sent. A card may be declined, or its bank may ask first.

import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as v from "valibot";
import { paymentMethodOf } from "@pantheon/stand-ins/stripe/cards.ts";
import type { PaymentIntent } from "@pantheon/stand-ins/stripe/objects.ts";
import { StripeRefusal } from "@pantheon/stand-ins/stripe/refusal.ts";
import type { StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";

export const CARD_PATH = "/stand-in/card";

const MAX_OCTETS = 4 * 1024;

type Stripe = Pick<StandInStripe, "intents" | "pay" | "complete">;

const Payment = v.strictObject({ client_secret: v.string(), card: v.pipe(v.string(), v.maxLength(40)) });
const Confirmation = v.strictObject({ client_secret: v.string(), confirmed: v.boolean() });

/** `POST` a card, and under `/bank` what its holder told the bank. Both answer `{status, message}`, the state of the payment in words. */
export function cardRoutes({ stripe, url }: { readonly stripe: Stripe; readonly url: string }): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: MAX_OCTETS }), async (c, next) =>
    isOurs(c, url) ? next() : refuse(c, 403, "Another site may not do this."),
  );
  app.post(CARD_PATH, async (c) => {
    const asked = v.safeParse(Payment, await bodyOf(c));
    const intent = asked.success && intentOf(stripe, asked.output.client_secret);
    if (!asked.success || !intent) return refuse(c, 404, "The stand-in Stripe does not know this payment. Start a new top-up.");
    const paymentMethod = paymentMethodOf(asked.output.card);
    if (paymentMethod === null) return refuse(c, 422, "That is none of the test cards. A real card number does not belong here.");
    return act(c, () => stripe.pay(intent.id, paymentMethod));
  });
  app.post(`${CARD_PATH}/bank`, async (c) => {
    const asked = v.safeParse(Confirmation, await bodyOf(c));
    const intent = asked.success && intentOf(stripe, asked.output.client_secret);
    if (!asked.success || !intent) return refuse(c, 404, "The stand-in Stripe does not know this payment. Start a new top-up.");
    return act(c, () => stripe.complete(intent.id, asked.output.confirmed ? "succeeded" : "failed"));
  });
  return app;
}

function act(c: Context, pay: () => PaymentIntent): Response {
  try {
    const { status, last_payment_error: fault } = pay();
    return fault === null ? c.json({ status, message: null }) : c.json({ status: "declined", message: fault.message });
  } catch (error) {
    if (error instanceof StripeRefusal) return refuse(c, 409, "This payment cannot be paid any more. Look at the list of top-ups.");
    throw error;
  }
}

function intentOf(stripe: Stripe, secret: string): PaymentIntent | undefined {
  return stripe.intents().find((intent) => intent.client_secret === secret);
}

/** A page of another site has to ask for leave to send JSON, which nobody gives it; and the server refuses what names another origin. */
function isOurs(c: Context, url: string): boolean {
  return new URL(c.req.url).origin === url && c.req.header("content-type") === "application/json";
}

async function bodyOf(c: Context): Promise<unknown> {
  return c.req.json().catch(() => null);
}

function refuse(c: Context, status: 403 | 404 | 409 | 422, detail: string): Response {
  return c.json({ code: "refused", detail }, status);
}
