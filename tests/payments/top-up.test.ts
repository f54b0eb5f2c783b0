// Starting a top-up: so many unpaid ones a user, and no more; and reading one asks Stripe, so that whoever paid sees their credits also when
// no webhook came.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { balanceOf, grantsOf, topUpRow } from "../support/given-top-up.ts";
import { atOnce, statuses } from "../support/admin.ts";
import { testWorld, type Answer, type CallOptions, type Json, type TestWorld } from "../support/world.ts";

const START = "/api/v1/users/me/wallet/top-up";
const LIST = "/api/v1/users/me/wallet/top-ups";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

function start(user: string, amount: unknown = "10", options: CallOptions = {}): Promise<Answer> {
  return world.call("POST", START, { user, body: { amount_usd: amount }, ...options });
}

function read(user: string, id: string): Promise<Answer> {
  return world.call("GET", `${LIST}/${id}`, { user });
}

async function seenOf({ id }: { id: string }): Promise<Json> {
  return (await read("states", id)).json;
}

/** Starts a top-up and answers it with its payment intent. */
async function started(user: string, amount: unknown = "10"): Promise<{ id: string; payment: string; json: Json }> {
  const { status, json } = await start(user, amount);
  expect(status).toBe(200);
  return { id: json.id, payment: (await topUpRow(world, json.id)).payment_intent ?? "", json };
}

/** Runs without webhooks, as if every one of them were lost. */
async function withoutWebhooks(act: () => Promise<void>): Promise<void> {
  world.stripe.delivery.drop = true;
  try {
    await act();
  } finally {
    world.stripe.delivery.drop = false;
  }
}

describe("a top-up", () => {
  it("of $10 is 333.33 credits, with a payment intent that says whose and what it is", async () => {
    const answer = await start("ada");
    const { id } = answer.json;
    const intent = world.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === id);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      id,
      client_secret: intent?.client_secret,
      credits_to_grant: "333.33",
      amount_usd: "10",
      status: "pending",
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(intent).toMatchObject({
      amount: 1_000,
      currency: "usd",
      metadata: { user_id: "ada", top_up_id: id, credits: "333.33" },
      livemode: false,
    });
    expect(await topUpRow(world, id)).toMatchObject({ user_id: "ada", status: "pending", payment_intent: intent?.id, currency: "usd" });
    expect(await balanceOf(world)).toBe("0");
  });
});

describe("unpaid top-ups", () => {
  it("are ten a user at most, exactly, however many are asked for at once: the others are 429", async () => {
    const answers = await atOnce(60, () => start("keen"));
    expect(statuses(answers)).toEqual({ 200: 10, 429: 50 });
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.filter(({ headers, json }) => json.code !== "rate_limited" || !(Number(headers.get("retry-after")) > 0))).toEqual([]);
    expect(world.stripe.intents().filter(({ metadata }) => metadata["user_id"] === "keen")).toHaveLength(10);
    expect((await start("somebody-else")).status).toBe(200);
  });

  it("make room when one is paid, and when one is canceled", async () => {
    const own = await atOnce(10, () => started("tidy", "1"));
    expect((await start("tidy")).status).toBe(429);
    world.stripe.pay(own[0]?.payment ?? "", "pm_card_visa");
    await world.stripe.settled();
    expect([(await start("tidy")).status, (await start("tidy")).status]).toEqual([200, 429]);
    world.stripe.cancel(own[1]?.payment ?? "");
    await world.stripe.settled();
    expect([(await start("tidy")).status, (await start("tidy")).status]).toEqual([200, 429]);
    world.stripe.pay(own[2]?.payment ?? "", "pm_card_chargeDeclined"); // can be tried again, so it stays open
    await world.stripe.settled();
    expect((await start("tidy")).status).toBe(429);
  });

  it("that are full still answer the key that began one of them", async () => {
    const first = await start("full", "1", { key: "the-first" });
    await atOnce(9, () => start("full", "1"));
    expect((await start("full", "1", { key: "another" })).status).toBe(429);
    const again = await start("full", "1", { key: "the-first" });
    expect([again.status, again.text]).toEqual([200, first.text]);
  });
});

describe("reading a top-up", () => {
  it("that was paid grants it when the webhook was lost, once, and asks Stripe no more afterwards", () =>
    withoutWebhooks(async () => {
      const { id, payment } = await started("reader");
      expect((await read("reader", id)).json).toMatchObject({ id, status: "pending", client_secret: expect.stringMatching(/secret/) });
      world.stripe.pay(payment, "pm_card_visa");
      const answers = await atOnce(10, () => read("reader", id));
      expect(new Set(answers.map(({ json }) => `${json.status} ${json.client_secret}`))).toEqual(new Set(["succeeded null"]));
      expect([await grantsOf(world, payment), await balanceOf(world, "reader")]).toEqual([["333.33000000"], "333.33000000"]);
      const calls = world.stripe.calls();
      expect((await read("reader", id)).json.status).toBe("succeeded");
      expect(world.stripe.calls()).toBe(calls);
    }));

  it("tells what became of it at Stripe: canceled, or waiting for a bank, or to be paid again", () =>
    withoutWebhooks(async () => {
      const [canceled, processing, declined] = [await started("states"), await started("states"), await started("states")];
      world.stripe.cancel(canceled.payment);
      world.stripe.pay(processing.payment, "pm_usBankAccount_processing");
      world.stripe.pay(declined.payment, "pm_card_chargeDeclined");
      expect(await seenOf(canceled)).toMatchObject({ status: "canceled", client_secret: null });
      expect((await seenOf(processing)).status).toBe("processing");
      expect((await seenOf(declined)).client_secret).toEqual(expect.any(String));
      world.stripe.complete(processing.payment, "succeeded");
      world.stripe.pay(declined.payment, "pm_card_visa");
      expect([(await seenOf(processing)).status, (await seenOf(declined)).status]).toEqual(["succeeded", "succeeded"]);
      expect(await balanceOf(world, "states")).toBe("666.66000000");
    }));

  it("shows it as it is known while Stripe is away", async () => {
    const { id } = await started("patient");
    world.stripe.failNext({ status: 500, times: 3, to: "GET /v1/payment_intents" });
    const answer = await read("patient", id);
    expect([answer.status, answer.json.status, answer.json.client_secret]).toEqual([200, "pending", null]);
    expect((await read("patient", id)).json.client_secret).toEqual(expect.any(String));
  });

  it("of somebody else is what one is that never was", async () => {
    const { id } = await started("owner");
    const [foreign, unknown] = [
      await read("thief", id),
      await read(
        "thief",
        id.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
      ),
    ];
    const { request_id: _one, ...body } = foreign.json;
    const { request_id: _other, ...same } = unknown.json;
    expect([foreign.status, body]).toEqual([404, same]);
  });
});

describe("the list of one's top-ups", () => {
  it("is one's own, newest first, page by page", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) ids.unshift((await started("lister", `${index + 1}`)).id);
    const { json } = await world.call("GET", LIST, { user: "lister" });
    expect([json.total, json.next_cursor, json.top_ups.map((row: Json) => row.id)]).toEqual([7, null, ids]);
    const pages: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page = await world.call("GET", `${LIST}?limit=3${cursor && `&cursor=${cursor}`}`, { user: "lister" });
      pages.push(...page.json.top_ups.map((row: Json) => row.id));
      cursor = page.json.next_cursor;
    }
    expect(pages).toEqual(ids);
    const [mine] = [await world.call("GET", `${LIST}?limit=3`, { user: "lister" })];
    expect((await world.call("GET", `${LIST}?limit=3&cursor=${mine.json.next_cursor}`, { user: "owner" })).status).toBe(422);
    expect((await world.call("GET", LIST, { user: "nobody" })).json).toEqual({ top_ups: [], total: 0, next_cursor: null });
  });
});
