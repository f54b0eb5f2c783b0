// The stand-in Stripe when something goes wrong on the way: idempotency keys, failures that are asked for, lost answers.

import { Stripe } from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startStripe, type StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { refusalOf, sdkFor } from "../support/stripe.ts";

const TEN_DOLLARS = { amount: 1_000, currency: "usd", metadata: { user_id: "ada" } } as const;

let standIn: StandInStripe;
let sdk: Stripe;

beforeEach(async () => {
  standIn = await startStripe();
  sdk = sdkFor(standIn);
});

afterEach(() => standIn.close());

describe("idempotency keys", () => {
  it("bring the first answer again, whatever the order of the parameters, and make nothing new", async () => {
    const first = await sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" });
    const { metadata, ...rest } = TEN_DOLLARS;
    const again = await sdk.paymentIntents.create({ metadata, ...rest }, { idempotencyKey: "k" });
    expect(again).toEqual(first);
    expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(standIn.intents()).toHaveLength(1);
  });

  it("are refused for another request", async () => {
    await sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" });
    const other = await refusalOf(sdk.paymentIntents.create({ ...TEN_DOLLARS, amount: 1_001 }, { idempotencyKey: "k" }));
    expect(other).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(other.statusCode).toBe(400);
  });

  it("belong to a mode", async () => {
    const test = await sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" });
    const live = await sdkFor(standIn, "sk_live_key").paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" });
    expect(live.id).not.toBe(test.id);
  });

  it("keep a decline and a 500, as Stripe's v1 does", async () => {
    const made = await sdk.paymentIntents.create(TEN_DOLLARS);
    const confirm = () => sdk.paymentIntents.confirm(made.id, { payment_method: "pm_card_chargeDeclined" }, { idempotencyKey: "c" });
    expect(await refusalOf(confirm())).toMatchObject({ statusCode: 402 });
    const events = standIn.events().length;
    expect(await refusalOf(confirm())).toMatchObject({ statusCode: 402 });
    expect(standIn.events()).toHaveLength(events);

    standIn.failNext();
    expect(await refusalOf(sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "f" }))).toMatchObject({ statusCode: 500 });
    expect(await refusalOf(sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "f" }))).toMatchObject({ statusCode: 500 });
    expect(standIn.intents()).toHaveLength(1);
  });
});

describe("failures on demand", () => {
  it("strike before the effect or after it", async () => {
    standIn.failNext({ status: 503, times: 2 });
    expect(await refusalOf(sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "a" }))).toMatchObject({ statusCode: 503 });
    expect(await refusalOf(sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "a" }))).toMatchObject({ statusCode: 503 });
    expect(standIn.intents()).toHaveLength(0);
    await sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "a" }); // 503 keeps no key
    standIn.failNext({ status: 500, afterEffect: true, to: "POST /v1/payment_intents" });
    await sdk.paymentIntents.list(); // not meant
    expect(await refusalOf(sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "b" }))).toMatchObject({ statusCode: 500 });
    expect(standIn.intents()).toHaveLength(2);
    standIn.failNext({ status: 429 });
    expect(await refusalOf(sdk.paymentIntents.list())).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  });

  it("time out, also after the effect, and the same key then finds it", async () => {
    const hasty = sdkFor(standIn, "sk_test_key", { timeout: 200 });
    standIn.hangNext();
    expect(await refusalOf(hasty.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" }))).toBeInstanceOf(
      Stripe.errors.StripeConnectionError,
    );
    expect(standIn.intents()).toHaveLength(0);
    standIn.hangNext({ afterEffect: true });
    await refusalOf(hasty.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" }));
    const found = await sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" });
    expect(standIn.intents()).toEqual([expect.objectContaining({ id: found.id })]);
  });

  it("break the connection, which the SDK tries once more under the same key", async () => {
    standIn.resetNext({ afterEffect: true });
    await sdk.paymentIntents.create(TEN_DOLLARS);
    expect(standIn.intents()).toHaveLength(1);
    expect(standIn.callsTo("POST /v1/payment_intents")).toBe(2);
    standIn.resetNext({ times: 2 });
    expect(await refusalOf(sdk.paymentIntents.create(TEN_DOLLARS))).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(standIn.intents()).toHaveLength(1);
    expect(standIn.calls()).toBe(standIn.callsTo("/v1/payment_intents"));
  });

  it("end when the server closes, so that nothing hangs for ever", async () => {
    standIn.hangNext();
    const hanging = refusalOf(sdk.events.list());
    while (standIn.calls() === 0) await new Promise((resolve) => setImmediate(resolve));
    await standIn.close();
    expect(await hanging).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    standIn = await startStripe();
  });
});
