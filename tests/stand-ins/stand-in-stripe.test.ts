// The stand-in Stripe's API as the unmodified SDK sees it. What is believed of the real one is written down here, so that the product's
// tests stand on something.

import { Stripe } from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startStripe, type StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { refusalOf, sdkFor } from "../support/stripe.ts";
import type { Json } from "../support/world.ts";

const TEN_DOLLARS = { amount: 1_000, currency: "usd", metadata: { user_id: "ada" } } as const;

let standIn: StandInStripe;
let sdk: Stripe;

beforeEach(async () => {
  standIn = await startStripe();
  sdk = sdkFor(standIn);
});

afterEach(() => standIn.close());

/** One request as it is written, without the SDK. */
function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has("Authorization")) headers.set("Authorization", "Bearer sk_test_key");
  return fetch(`${standIn.url}${path}`, { ...init, headers, signal: AbortSignal.timeout(10_000) });
}

describe("payment intents", () => {
  it("are created, read and listed with what they were given", async () => {
    const made = await sdk.paymentIntents.create({ ...TEN_DOLLARS, automatic_payment_methods: { enabled: true }, description: "credits" });
    expect(made).toMatchObject({
      object: "payment_intent",
      amount: 1_000,
      amount_received: 0,
      currency: "usd",
      livemode: false,
      metadata: { user_id: "ada" },
      status: "requires_payment_method",
      latest_charge: null,
      description: "credits",
    });
    expect(made.client_secret).toMatch(new RegExp(`^${made.id}_secret_`));
    expect(await sdk.paymentIntents.retrieve(made.id)).toEqual(made);
    expect((await sdk.paymentIntents.list()).data).toEqual([made]);
  });

  it("are paid when they are confirmed with a good card", async () => {
    const made = await sdk.paymentIntents.create(TEN_DOLLARS);
    const paid = await sdk.paymentIntents.confirm(made.id, { payment_method: "pm_card_visa", expand: ["latest_charge"] });
    expect(paid).toMatchObject({ status: "succeeded", amount_received: 1_000 });
    expect(paid.latest_charge).toMatchObject({ object: "charge", amount: 1_000, paid: true, payment_intent: made.id });
    expect(await refusalOf(sdk.paymentIntents.confirm(made.id))).toMatchObject({
      code: "payment_intent_unexpected_state",
      statusCode: 400,
    });
  });

  it("require another payment method after a decline, and can then be paid", async () => {
    const made = await sdk.paymentIntents.create(TEN_DOLLARS);
    const declined = await refusalOf(sdk.paymentIntents.confirm(made.id, { payment_method: "pm_card_chargeDeclined" }));
    expect(declined).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(declined).toMatchObject({ statusCode: 402, code: "card_declined", decline_code: "generic_decline" });
    expect(declined.payment_intent).toMatchObject({ id: made.id, status: "requires_payment_method" });
    expect(await sdk.paymentIntents.retrieve(made.id)).toMatchObject({ last_payment_error: { code: "card_declined" }, amount_received: 0 });
    expect((await sdk.paymentIntents.confirm(made.id, { payment_method: "pm_card_visa" })).last_payment_error).toBeNull();
  });

  it.each(["requires_action", "processing"] as const)("that are %s can end either way", async (status) => {
    const method = status === "processing" ? "pm_usBankAccount_processing" : "pm_card_authenticationRequired";
    const [good, bad] = [await sdk.paymentIntents.create(TEN_DOLLARS), await sdk.paymentIntents.create(TEN_DOLLARS)];
    expect(standIn.pay(good.id, method).status).toBe(status);
    standIn.pay(bad.id, method);
    expect(standIn.complete(good.id, "succeeded").amount_received).toBe(1_000);
    expect(standIn.complete(bad.id, "failed").status).toBe("requires_payment_method");
  });

  it("are canceled until they are paid", async () => {
    const made = await sdk.paymentIntents.create(TEN_DOLLARS);
    const canceled = await sdk.paymentIntents.cancel(made.id, { cancellation_reason: "abandoned" });
    expect(canceled).toMatchObject({ status: "canceled", cancellation_reason: "abandoned" });
    expect(() => standIn.pay(made.id, "pm_card_visa")).toThrow("cannot be confirmed");
    const paid = await sdk.paymentIntents.create({ ...TEN_DOLLARS, confirm: true, payment_method: "pm_card_visa" });
    expect(await refusalOf(sdk.paymentIntents.cancel(paid.id))).toMatchObject({ code: "payment_intent_unexpected_state" });
  });
});

describe("what is refused", () => {
  it.each([
    ["an unknown parameter", "amount=1000&currency=usd&colour=red", "parameter_unknown", "colour"],
    [
      "an unknown inner parameter",
      "amount=1000&currency=usd&automatic_payment_methods[on]=1",
      "parameter_unknown",
      "automatic_payment_methods[on]",
    ],
    ["no amount", "currency=usd", "parameter_missing", "amount"],
    ["no currency", "amount=1000", "parameter_missing", "currency"],
    ["an empty amount", "amount=&currency=usd", "parameter_invalid_empty", "amount"],
    ["a fraction", "amount=10.5&currency=usd", "parameter_invalid_integer", "amount"],
    ["an exponent", "amount=1e3&currency=usd", "parameter_invalid_integer", "amount"],
    ["a negative amount", "amount=-1&currency=usd", "parameter_invalid_integer", "amount"],
    ["49 cents", "amount=49&currency=usd", "amount_too_small", "amount"],
    ["a million dollars", "amount=100000000&currency=usd", "amount_too_large", "amount"],
    ["an unknown currency", "amount=1000&currency=zzz", undefined, "currency"],
    ["an unknown payment method", "amount=1000&currency=usd&payment_method=pm_none", "resource_missing", "payment_method"],
    ["an unknown path to expand", "amount=1000&currency=usd&expand[]=customer", undefined, "expand"],
    ["metadata that is no object", "amount=1000&currency=usd&metadata=ada", undefined, "metadata"],
    ["a name that is both", "amount=1000&currency=usd&metadata=a&metadata[b]=c", undefined, undefined],
    ["a long metadata value", `amount=1000&currency=usd&metadata[a]=${"x".repeat(501)}`, undefined, "metadata[a]"],
  ])("%s, with Stripe's code, and nothing is made", async (_what, body, code, param) => {
    const answer = await raw("/v1/payment_intents", {
      method: "POST",
      body,
      headers: { "Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": "k" },
    });
    const { error }: Json = await answer.json();
    expect({ status: answer.status, type: error.type, code: error.code, param: error.param }).toEqual({
      status: 400,
      type: "invalid_request_error",
      code,
      param,
    });
    expect(standIn.intents()).toEqual([]);
    await sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" }); // the key was not used up
  });

  it("a request without a secret key, an unknown address, a body that is no form, a method that does not exist", async () => {
    expect((await raw("/v1/payment_intents", { headers: { Authorization: "Bearer pk_test_public" } })).status).toBe(401);
    expect((await raw("/v1/payment_intents", { headers: { Authorization: `Basic ${btoa("sk_test_key:")}` } })).status).toBe(200);
    expect((await raw("/v1/customers")).status).toBe(404);
    expect((await raw("/v1/payment_intents/pi_1", { method: "DELETE" })).status).toBe(404);
    expect((await raw("/v1/payment_intents", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } })).status).toBe(
      400,
    );
    expect((await raw("/v1/payment_intents", { headers: { "Stripe-Version": "tomorrow" } })).status).toBe(400);
    expect(await refusalOf(sdk.paymentIntents.retrieve("pi_none"))).toMatchObject({ statusCode: 404, code: "resource_missing" });
    expect(await refusalOf(sdkFor(standIn, "nonsense").events.list())).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
  });

  it("to show what belongs to the other mode", async () => {
    const live = sdkFor(standIn, "sk_live_key");
    const made = await live.paymentIntents.create({ ...TEN_DOLLARS, confirm: true, payment_method: "pm_card_visa" });
    expect(made.livemode).toBe(true);
    standIn.refund(made.id, 100);
    expect(await refusalOf(sdk.paymentIntents.retrieve(made.id))).toMatchObject({ code: "resource_missing" });
    const seen = await Promise.all([sdk.paymentIntents.list(), sdk.refunds.list(), sdk.events.list()]);
    expect(seen.map(({ data }) => data.length)).toEqual([0, 0, 0]);
    expect((await live.refunds.list()).data).toHaveLength(1);
  });
});

describe("lists", () => {
  it("page newest first, forwards, backwards and by time", async () => {
    let seconds = 1_000;
    await standIn.close();
    standIn = await startStripe({ clock: () => seconds * 1_000 });
    sdk = sdkFor(standIn);
    const ids: string[] = [];
    for (; seconds < 1_025; seconds += 1) ids.unshift((await sdk.paymentIntents.create(TEN_DOLLARS)).id);
    const first = await sdk.paymentIntents.list();
    expect([first.data.length, first.has_more]).toEqual([10, true]);
    const found: string[] = [];
    for await (const { id } of sdk.paymentIntents.list({ limit: 7 })) found.push(id);
    expect(found).toEqual(ids);
    const last = await sdk.paymentIntents.list({ starting_after: ids[22] ?? "" });
    expect([last.data.map(({ id }) => id), last.has_more]).toEqual([ids.slice(23), false]);
    const before = await sdk.paymentIntents.list({ ending_before: ids[3] ?? "", limit: 2 });
    expect([before.data.map(({ id }) => id), before.has_more]).toEqual([ids.slice(1, 3), true]);
    const since = await sdk.paymentIntents.list({ created: { gte: 1_020, lt: 1_024 } });
    expect(since.data.map(({ created }) => created)).toEqual([1_023, 1_022, 1_021, 1_020]);
    expect(await refusalOf(sdk.paymentIntents.list({ starting_after: "pi_none" }))).toMatchObject({ code: "resource_missing" });
    for (const limit of [0, 101]) {
      expect(await refusalOf(sdk.paymentIntents.list({ limit }))).toMatchObject({ code: "parameter_invalid_integer" });
    }
  });
});
