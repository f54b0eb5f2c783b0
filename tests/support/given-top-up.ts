// Top-ups that wait for their payment, the payment intents that pay them, and what the tables say of both afterwards.

import { newId } from "@pantheon/contract/id.ts";
import { eventOf, stripeId, type PaymentEvent } from "./payment-event.ts";
import type { TestWorld } from "./world.ts";

type Place = Pick<TestWorld, "deps">;

export type GivenTopUp = { readonly id: string; readonly user: string; readonly payment: string; readonly minor: number };

export type WantedTopUp = {
  user?: string;
  amountUsd?: string;
  credits?: string;
  /** False leaves the row without its payment: the intent is made, and its id has not come back. */
  attached?: boolean;
};

/** A top-up of $10 for 333.33 credits as the checkout leaves it, unless told otherwise. Stripe is not asked. */
export async function givenTopUp({ deps }: Place, wanted: WantedTopUp = {}): Promise<GivenTopUp> {
  const { user = "ada", amountUsd = "10.00", credits = "333.33", attached = true } = wanted;
  const [id, payment] = [newId(), stripeId("pi")];
  const tied = attached ? { payment_intent: payment, livemode: false, status: "pending" as const } : { status: "created" as const };
  await deps.db.query
    .insertInto("top_ups")
    .values({ id, user_id: user, amount_usd: amountUsd, credits_to_grant: credits, ...tied })
    .execute();
  return { id, user, payment, minor: Math.round(Number(amountUsd) * 100) };
}

/** The payment intent of this top-up, paid; `more` replaces members. */
export function intentOf(topUp: GivenTopUp, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { id, user, payment, minor } = topUp;
  return {
    id: payment,
    object: "payment_intent",
    amount: minor,
    amount_received: minor,
    currency: "usd",
    livemode: false,
    status: "succeeded",
    client_secret: `${payment}_secret_x`,
    created: Math.floor(Date.now() / 1_000),
    metadata: { user_id: user, top_up_id: id, credits: "333.33" },
    ...more,
  };
}

/** Stripe's word that this top-up was paid. */
export function succeededOf(topUp: GivenTopUp, more: Record<string, unknown> = {}): PaymentEvent {
  return eventOf("payment_intent.succeeded", intentOf(topUp, more));
}

/** The whole row of a top-up. */
export function topUpRow({ deps }: Place, id: string) {
  return deps.db.query.selectFrom("top_ups").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

/** The amounts that were granted for this payment: one, or none. */
export async function grantsOf({ deps }: Place, payment: string): Promise<string[]> {
  const rows = await deps.db.query
    .selectFrom("credit_transactions")
    .select("amount")
    .where("reference_id", "=", payment)
    .where("source", "=", "top_up")
    .execute();
  return rows.map(({ amount }) => amount);
}

/** A user's balance; "0" without a wallet. */
export async function balanceOf({ deps }: Place, user = "ada"): Promise<string> {
  const row = await deps.db.query.selectFrom("credit_wallets").select("balance").where("user_id", "=", user).executeTakeFirst();
  return row?.balance ?? "0";
}

/** What is kept of an event; undefined when nothing is. */
export function eventRow({ deps }: Place, id: string) {
  return deps.db.query.selectFrom("stripe_events").select(["type", "payment_intent", "outcome"]).where("id", "=", id).executeTakeFirst();
}
