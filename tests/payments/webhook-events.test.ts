// What each of Stripe's events does: one type grants, three move a top-up's state, refunds and disputes take back, everything else is
// ignored; and nothing that cannot be read is taken for anything else.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { exactRequest } from "../support/exact-request.ts";
import { balanceOf, eventRow, givenTopUp, grantsOf, intentOf, succeededOf, topUpRow, type GivenTopUp } from "../support/given-top-up.ts";
import { eventOf, outcomeOf, postEvent, stripeId } from "../support/payment-event.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const send = async (event: object) => outcomeOf(await postEvent(world, event));

describe("a payment that succeeded", () => {
  it("grants once, says so, and afterwards says that it was done: to the same event, and to another about the same payment", async () => {
    const topUp = await givenTopUp(world, { user: "ada" });
    const event = succeededOf(topUp);
    expect((await postEvent(world, event)).text).toBe('{"status":"ok"}');
    expect((await postEvent(world, event)).text).toBe('{"status":"already_processed"}');
    expect((await postEvent(world, succeededOf(topUp))).text).toBe('{"status":"already_processed"}');
    expect([await grantsOf(world, topUp.payment), await balanceOf(world)]).toEqual([["333.33000000"], "333.33000000"]);
    expect(await topUpRow(world, topUp.id)).toMatchObject({ status: "succeeded", payment_intent: topUp.payment, slot: null });
    expect(await eventRow(world, event.id)).toEqual({ type: event.type, payment_intent: topUp.payment, outcome: "ok" });
    const { json } = await world.call("GET", "/api/v1/users/me/transactions");
    expect(json.transactions).toEqual([
      expect.objectContaining({
        kind: "grant",
        amount: "333.33",
        balance_after: "333.33",
        reference_id: topUp.payment,
        initiated_by: null,
      }),
    ]);
  });

  it.each([
    ["that names no user, to the user of the row", {}, (topUp: GivenTopUp) => ({ metadata: { top_up_id: topUp.id } })],
    ["that came before the checkout knew its payment", { attached: false }, () => ({})],
    ["whose metadata promises more than the row", {}, (topUp: GivenTopUp) => ({ metadata: { top_up_id: topUp.id, credits: "9999" } })],
    ["whose amount is less than was received", {}, () => ({ amount: 1 })],
  ])("grants what the row says: %s", async (_what, wanted, more) => {
    const topUp = await givenTopUp(world, { user: "bea", ...wanted });
    const before = await grantsOf(world, topUp.payment);
    expect(await send(succeededOf(topUp, more(topUp)))).toBe("200 ok");
    expect([before, await grantsOf(world, topUp.payment)]).toEqual([[], ["333.33000000"]]);
    expect(await topUpRow(world, topUp.id)).toMatchObject({ user_id: "bea", status: "succeeded", payment_intent: topUp.payment });
  });

  it("is taken whatever version of the API it is told in, and with whatever else is in it", async () => {
    const topUp = await givenTopUp(world, { user: "bea" });
    const more = { api_version: "2019-12-03", account: "acct_other", surprise: { a: [1] }, pending_webhooks: null };
    expect(await send({ ...succeededOf(topUp, { surprise: [1, 2] }), ...more })).toBe("200 ok");
  });
});

describe("an event that moves a top-up", () => {
  const MOVES = [
    ["payment_intent.processing", "processing"],
    ["payment_intent.payment_failed", "failed"],
    ["payment_intent.canceled", "canceled"],
  ] as const;

  it.each(MOVES)("%s: its state is %s, nothing is granted, and a success afterwards grants all the same", async (type, status) => {
    const topUp = await givenTopUp(world, { user: "cleo" });
    const event = eventOf(type, intentOf(topUp, { status: "x", amount_received: 0 }));
    expect(await send(event)).toBe("200 ok");
    expect(await topUpRow(world, topUp.id)).toMatchObject({ status });
    expect([await grantsOf(world, topUp.payment), (await eventRow(world, event.id))?.type]).toEqual([[], type]);
    expect(await send(succeededOf(topUp))).toBe("200 ok");
    expect([await grantsOf(world, topUp.payment), (await topUpRow(world, topUp.id)).status]).toEqual([["333.33000000"], "succeeded"]);
  });

  it.each(MOVES)("%s: does nothing to one that has succeeded", async (type) => {
    const topUp = await givenTopUp(world, { user: "cleo" });
    await send(succeededOf(topUp));
    const row = await topUpRow(world, topUp.id);
    expect(await send(eventOf(type, intentOf(topUp), { created: 4_000_000_000 }))).toBe("200 ok");
    expect(await topUpRow(world, topUp.id)).toEqual(row);
  });

  it("never overwrites what happened after it, and frees a place only when it was canceled", async () => {
    const topUp = await givenTopUp(world, { user: "cleo" });
    await world.owner.query.updateTable("top_ups").set({ slot: 3 }).where("id", "=", topUp.id).execute();
    const at = (type: string, created: number) => eventOf(type, intentOf(topUp), { created });
    const states: string[] = [];
    for (const event of [
      at("payment_intent.payment_failed", 2_000_000_000),
      at("payment_intent.processing", 1_999_999_999),
      at("payment_intent.processing", 2_000_000_001),
      at("payment_intent.canceled", 2_000_000_002),
      at("payment_intent.processing", 2_000_000_003),
    ]) {
      expect(await send(event)).toBe("200 ok");
      const { status, slot } = await topUpRow(world, topUp.id);
      states.push(`${status} ${slot}`);
    }
    expect(states).toEqual(["failed 3", "failed 3", "processing 3", "canceled null", "canceled null"]);
  });

  it("about another payment than the row's, or about nobody's top-up, moves nothing", async () => {
    const topUp = await givenTopUp(world, { user: "cleo" });
    const row = await topUpRow(world, topUp.id);
    expect(await send(eventOf("payment_intent.canceled", intentOf(topUp, { id: stripeId("pi") })))).toMatch(/^200 /);
    expect(await send(eventOf("payment_intent.canceled", intentOf({ ...topUp, id: newId() })))).toMatch(/^200 /);
    expect(await topUpRow(world, topUp.id)).toEqual(row);
  });
});

describe("what is not for us", () => {
  const TYPES =
    "payment_intent.created payment_intent.requires_action payment_intent.amount_capturable_updated charge.succeeded charge.refunded " +
    "charge.failed checkout.session.completed customer.created invoice.paid payout.paid account.updated v1.billing.meter.error_report_triggered";

  it.each([...TYPES.split(" "), "", "PAYMENT_INTENT.SUCCEEDED", "payment_intent.succeeded ", "constructor", "toString", "__proto__"])(
    'is ignored, though it is about a top-up of ours: "%s"',
    async (type) => {
      const topUp = await givenTopUp(world, { user: "dora" });
      const before = await tracesOf(world);
      expect(await send(eventOf(type, intentOf(topUp)))).toBe("200 ignored");
      expect(await tracesOf(world)).toEqual(before);
    },
  );

  it.each([
    ["null", null],
    ["a number", 7],
    ["a text", "payment_intent.succeeded"],
    ["a list", [succeededOf({ id: newId(), user: "dora", payment: "pi_1", minor: 1_000 })]],
    ["an object with nothing in it", {}],
    ["a thin event", { id: "evt_1", object: "v2.core.event", type: "v1.payment_intent.succeeded", related_object: { id: "pi_1" } }],
    ["a thin event with the type of a thick one", { id: "evt_2", object: "v2.core.event", type: "payment_intent.succeeded" }],
    ["an event without data", { id: "evt_3", type: "payment_intent.succeeded" }],
    ["an event without an id", { type: "payment_intent.succeeded", data: { object: { id: "pi_1" } } }],
    ["an event with a type that is a list", { id: "evt_4", type: ["payment_intent.succeeded"], data: { object: { id: "pi_1" } } }],
    ["a payment without metadata", eventOf("payment_intent.succeeded", { id: "pi_1", status: "succeeded", metadata: null })],
    ["a payment of another product", eventOf("payment_intent.succeeded", { id: "pi_1", metadata: { order_id: "17", user: "ada" } })],
    ["a payment that names a user and no credits", eventOf("payment_intent.succeeded", { id: "pi_1", metadata: { user_id: "ada" } })],
    ["a payment that names credits and no user", eventOf("payment_intent.succeeded", { id: "pi_1", metadata: { credits: "9" } })],
    ["a failure of another product", eventOf("payment_intent.payment_failed", { id: "pi_1", metadata: { order_id: "17" } })],
    [
      "a refund of a charge without an intent",
      eventOf("refund.created", { id: "re_1", amount: 5, status: "succeeded", payment_intent: null }),
    ],
    ["a refund in a state that nobody knows", eventOf("refund.updated", { id: "re_1", amount: 5, status: "x", payment_intent: "pi_1" })],
    ["a refund of less than nothing", eventOf("refund.created", { id: "re_1", amount: -5, status: "succeeded", payment_intent: "pi_1" })],
  ])("is ignored: %s", async (_what, body) => {
    const before = await tracesOf(world);
    const raw = JSON.stringify(body);
    expect(await send(JSON.parse(raw))).toBe("200 ignored");
    expect(await tracesOf(world)).toEqual(before);
  });

  it("moves no credits: a refund and a dispute of a payment that is another product's", async () => {
    const before = await wallets();
    const object = { amount: 500, status: "succeeded", payment_intent: stripeId("pi") };
    expect(await send(eventOf("refund.created", { id: stripeId("re"), ...object }))).toMatch(/^200 /);
    expect(await send(eventOf("charge.dispute.funds_withdrawn", { id: stripeId("du"), ...object }))).toMatch(/^200 /);
    expect(await wallets()).toBe(before);
  });
});

async function wallets(): Promise<string> {
  return JSON.stringify(await world.deps.db.query.selectFrom("credit_wallets").selectAll().orderBy("user_id").execute());
}

describe("metadata that names us and cannot be read", () => {
  it.each([
    { top_up_id: "" },
    { top_up_id: "17" },
    { top_up_id: newId().toUpperCase() },
    { top_up_id: newId(), user_id: "" },
    { top_up_id: newId(), user_id: "a\u0000" },
    { user_id: "ada", credits: "" },
    { user_id: "ada", credits: "0" },
    { user_id: "ada", credits: "-333.33" },
    { user_id: "ada", credits: "333.333" },
    { user_id: "ada", credits: "1e400" },
    { user_id: "ada", credits: "NaN" },
    { user_id: "ada", credits: "１０" },
    { user_id: "", credits: "333.33" },
    { user_id: "u".repeat(65), credits: "333.33" },
  ])("is 422 and leaves no trace: %j", async (metadata) => {
    const before = await tracesOf(world);
    const event = eventOf("payment_intent.succeeded", { id: stripeId("pi"), amount_received: 1_000, currency: "usd", metadata });
    expect(await send(event)).toBe("422 malformed_metadata: malformed webhook metadata");
    expect(await tracesOf(world)).toEqual(before);
  });
});

describe("an event that a person posts by hand in a world without a secret", () => {
  it("grants its credits once, and says so in exactly these words", async () => {
    world.takeUnsignedEvents();
    const object = { id: stripeId("pi"), metadata: { user_id: "curl", credits: "12.5" } };
    expect([
      (await postByHand(object, "evt_by_hand")).text,
      (await postByHand(object, "evt_by_hand")).text,
      (await postByHand(object)).text,
    ]).toEqual(['{"status":"ok"}', '{"status":"already_processed"}', '{"status":"already_processed"}']);
    expect((await world.call("GET", "/api/v1/users/me/wallet", { user: "curl" })).json.balance).toBe("12.5");
  });

  it("with an amount, grants when that buys exactly the credits, and else nothing", async () => {
    const metadata = { user_id: "curl", credits: "333.33" };
    const outcomes = [];
    for (const amount_received of [1_000, 999, 1_001, 0]) {
      outcomes.push(outcomeOf(await postByHand({ id: stripeId("pi"), amount_received, currency: "usd", metadata })));
    }
    expect(outcomes).toEqual(["200 ok", "200 quarantined", "200 quarantined", "200 quarantined"]);
    expect(await balanceOf(world, "curl")).toBe("345.83000000");
  });
});

/** Posts a payment as a person does with curl: no signature, no token, nothing that can be left out. */
function postByHand(object: Record<string, unknown>, id = stripeId("evt")): Promise<Answer> {
  const body = JSON.stringify({ id, type: "payment_intent.succeeded", data: { object } });
  return exactRequest(world.apiUrl, { method: "POST", path: "/webhooks/stripe", headers: { "Content-Type": "application/json" }, body });
}
