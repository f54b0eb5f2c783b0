// How the stand-in Stripe signs and delivers, checked with the SDK's own verification over real HTTP.

import { Stripe } from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signatureOf } from "@pantheon/stand-ins/stripe/delivery.ts";
import { startStripe, type StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { listenForWebhooks, SECRET, sdkFor, type WebhookListener } from "../support/stripe.ts";

let endpoint: WebhookListener;
let standIn: StandInStripe;

beforeEach(async () => {
  endpoint = await listenForWebhooks();
  standIn = await startStripe({ webhook: { url: endpoint.url, secret: SECRET } });
  standIn.delivery.retryAfterMs = 1;
});

afterEach(async () => {
  await standIn.close();
  await endpoint.close();
});

const PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"];

async function payTenDollars(): Promise<string> {
  const intent = await sdkFor(standIn).paymentIntents.create({ amount: 1_000, currency: "usd" });
  return standIn.pay(intent.id, "pm_card_visa").id;
}

describe("signatures", () => {
  it("are what the SDK makes, and what it accepts over the raw bytes", async () => {
    const payload = JSON.stringify({ id: "evt_1", object: "event", text: "Grüße\r\n" });
    expect(signatureOf(payload, { secret: SECRET }, 1_795_000_000)).toBe(
      Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET, timestamp: 1_795_000_000 }),
    );
    await payTenDollars();
    await standIn.settled();
    const types = endpoint.received.map(({ body, signature }) => Stripe.webhooks.constructEvent(body, signature, SECRET).type);
    expect(types).toEqual(PAID);
    expect(endpoint.received[0]?.contentType).toBe("application/json; charset=utf-8");
    const [first] = endpoint.received;
    expect(() => Stripe.webhooks.constructEvent(first?.body ?? "", first?.signature ?? "", "whsec_other")).toThrow("No signatures found");
  });

  it("come from both secrets while one is rotated", async () => {
    standIn.setWebhook({ url: endpoint.url, secret: "whsec_new", previousSecret: SECRET });
    await payTenDollars();
    await standIn.settled();
    for (const { body, signature } of endpoint.received) {
      expect(signature.match(/v1=/g)).toHaveLength(2);
      for (const secret of ["whsec_new", SECRET]) expect(Stripe.webhooks.constructEvent(body, signature, secret).object).toBe("event");
    }
  });
});

describe("deliveries", () => {
  it("are tried again until they are taken, and hold up no other event", async () => {
    endpoint.answers.push(500, 302, 200);
    await payTenDollars();
    await standIn.settled();
    expect(endpoint.types().slice(0, 3)).toEqual(PAID);
    expect(new Set(endpoint.types().slice(3))).toEqual(new Set(PAID.slice(0, 2))); // the failed ones came back behind the third
    expect(standIn.attempts.map(({ status }) => status)).toEqual([500, 302, 200, 200, 200]);
    expect(standIn.events().map((event) => event.pending_webhooks)).toEqual([0, 0, 0]);
  });

  it("are given up after their retries, also when nobody listens", async () => {
    standIn.delivery.retries = 2;
    standIn.setWebhook({ url: "http://127.0.0.1:9/", secret: SECRET });
    await sdkFor(standIn).paymentIntents.create({ amount: 1_000, currency: "usd" });
    await standIn.settled();
    expect(standIn.attempts.map(({ status }) => status)).toEqual([null, null, null]);
    expect(standIn.events()[0]?.pending_webhooks).toBe(1);
  });

  it("are repeated, side by side, as often as asked", async () => {
    standIn.delivery.duplicate = 4;
    await payTenDollars();
    await standIn.settled();
    expect(endpoint.types()).toEqual(PAID.flatMap((type) => Array.from({ length: 5 }, () => type)));
  });

  it("come in another order when they are shuffled", async () => {
    await standIn.close();
    standIn = await startStripe({ webhook: { url: endpoint.url, secret: SECRET }, random: () => 0.999 }); // always the last that waits
    standIn.delivery.shuffle = true;
    const intent = await sdkFor(standIn).paymentIntents.create({ amount: 1_000, currency: "usd" });
    await standIn.settled();
    standIn.pay(intent.id, "pm_card_createDispute");
    await standIn.settled();
    expect(endpoint.types().slice(1)).toEqual([
      "charge.dispute.funds_withdrawn",
      "charge.dispute.created",
      "payment_intent.succeeded",
      "charge.succeeded",
    ]);
  });

  it("are lost when they are dropped, and can be sent by hand in any order", async () => {
    standIn.delivery.drop = true;
    await payTenDollars();
    await standIn.settled();
    expect(endpoint.received).toEqual([]);
    const succeeded = standIn.events().find(({ type }) => type === "payment_intent.succeeded")?.id ?? "";
    const attempts = await Promise.all(Array.from({ length: 20 }, () => standIn.deliver(succeeded)));
    expect(new Set(attempts.map(({ status, answer }) => `${status} ${answer}`))).toEqual(new Set(['200 {"status":"ok"}']));
    expect(new Set(endpoint.received.map(({ body }) => body.toString("utf8"))).size).toBe(1);
    await expect(async () => standIn.deliver("evt_none")).rejects.toThrow("evt_none");
  });

  it("end with the stand-in", async () => {
    standIn.delivery.delayMs = 60_000;
    await payTenDollars();
    const settled = standIn.settled();
    await standIn.close();
    await settled;
    expect(endpoint.received).toEqual([]);
    standIn = await startStripe();
  });
});
