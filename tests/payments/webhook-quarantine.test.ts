// A payment that does not fit its top-up grants nothing, is answered 200 and set aside with the reason, where an admin finds it; whatever
// is told of it afterwards, it stays there until one resolves it.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { balanceOf, eventRow, givenTopUp, grantsOf, intentOf, succeededOf, topUpRow, type GivenTopUp } from "../support/given-top-up.ts";
import { resolve } from "../support/given-quarantined.ts";
import { operate, adminWorld } from "../support/admin.ts";
import { eventOf, outcomeOf, postEvent, stripeId } from "../support/payment-event.ts";
import { givenPaymentContainer } from "../support/payment-container.ts";
import type { Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const send = async (event: object) => outcomeOf(await postEvent(world, event));

/** What an admin sees of a payment that was set aside. */
async function asideOf(payment: string): Promise<Json[]> {
  const { json } = await operate(world, "GET top-ups?status=quarantined&limit=200");
  return json.top_ups.filter((row: Json) => row.payment_intent === payment);
}

const MISFITS: readonly (readonly [what: string, reason: RegExp, more: Record<string, unknown>])[] = [
  ["a cent less was received", /another amount/, { amount_received: 999 }],
  ["a cent more was received", /another amount/, { amount_received: 1_001 }],
  ["a hundred times as much was received", /another amount/, { amount_received: 100_000 }],
  ["nothing was received", /another amount/, { amount_received: 0 }],
  ["no amount is given", /another amount/, { amount_received: null }],
  ["it was paid in yen", /currency/, { currency: "jpy" }],
  ["it was paid in dinar, three decimals", /currency/, { currency: "kwd", amount_received: 10_000 }],
  ["it was paid in shillings", /currency/, { currency: "ugx" }],
  ["it was paid in rupiah, twelve digits of them", /currency/, { currency: "idr", amount_received: 999_999_999_999 }],
  ["the currency is in capitals", /currency/, { currency: "USD" }],
  ["there is no currency", /currency/, { currency: null }],
  ["it is of live mode on a stage with a test key", /livemode/, { livemode: true }],
  ["it has not succeeded", /not succeeded/, { status: "requires_capture" }],
  ["it was canceled", /not succeeded/, { status: "canceled" }],
];

describe("a payment is set aside, and grants nothing, when", () => {
  it.each(MISFITS)("%s", async (_what, reason, more) => {
    const topUp = await givenTopUp(world, { user: "ada" });
    const event = succeededOf(topUp, more);
    const counted = world.log.counted("payment_quarantined");
    expect([await send(event), await send(event), await send(succeededOf(topUp, more))]).toEqual(Array(3).fill("200 quarantined"));
    expect([await grantsOf(world, topUp.payment), await balanceOf(world)]).toEqual([[], "0"]);
    expect(await asideOf(topUp.payment)).toEqual([
      expect.objectContaining({ id: topUp.id, user_id: "ada", status: "quarantined", quarantine_reason: expect.stringMatching(reason) }),
    ]);
    expect((await eventRow(world, event.id))?.outcome).toBe("quarantined");
    expect(world.log.counted("payment_quarantined")).toBeGreaterThan(counted);
    const { json } = await world.call("GET", `/api/v1/users/me/wallet/top-ups/${topUp.id}`);
    expect([json.status, JSON.stringify(json)]).toEqual(["quarantined", expect.not.stringMatching(reason)]);
  });

  it("the metadata name another user than the row: neither of them gets anything", async () => {
    const topUp = await givenTopUp(world, { user: "ada" });
    expect(await send(succeededOf(topUp, { metadata: { user_id: "bob", top_up_id: topUp.id } }))).toBe("200 quarantined");
    expect([await balanceOf(world, "ada"), await balanceOf(world, "bob")]).toEqual(["0", "0"]);
    expect(await asideOf(topUp.payment)).toMatchObject([{ user_id: "ada", quarantine_reason: expect.stringMatching(/another user/) }]);
  });

  it("there is no such top-up", async () => {
    const topUp: GivenTopUp = { id: newId(), user: "zoe", payment: stripeId("pi"), minor: 1_000 };
    expect([await send(succeededOf(topUp)), await send(succeededOf(topUp))]).toEqual(["200 quarantined", "200 quarantined"]);
    expect(await asideOf(topUp.payment)).toMatchObject([
      { user_id: "zoe", amount_usd: "10", livemode: false, quarantine_reason: expect.stringMatching(/no such top-up/) },
    ]);
    expect(await grantsOf(world, topUp.payment)).toEqual([]);
  });

  it("its top-up waits for another payment, which can still pay it", async () => {
    const topUp = await givenTopUp(world, { user: "cleo" });
    const other = stripeId("pi");
    expect(await send(succeededOf(topUp, { id: other }))).toBe("200 quarantined");
    expect(await asideOf(other)).toMatchObject([{ user_id: "cleo", quarantine_reason: expect.stringMatching(/another payment/) }]);
    expect(await topUpRow(world, topUp.id)).toMatchObject({ status: "pending", payment_intent: topUp.payment });
    expect(await send(succeededOf(topUp))).toBe("200 ok");
  });

  it("its top-up was paid by another: that one keeps its row and its credits", async () => {
    const topUp = await givenTopUp(world, { user: "cleo" });
    await send(succeededOf(topUp));
    const [row, balance, second] = [await topUpRow(world, topUp.id), await balanceOf(world, "cleo"), stripeId("pi")];
    expect(await send(succeededOf(topUp, { id: second }))).toBe("200 quarantined");
    expect([await topUpRow(world, topUp.id), await balanceOf(world, "cleo")]).toEqual([row, balance]);
    expect(await asideOf(second)).toMatchObject([{ quarantine_reason: expect.stringMatching(/another payment/) }]);
  });

  it("a paid one is told of again with other figures: it stays paid", async () => {
    const topUp = await givenTopUp(world, { user: "cleo" });
    await send(succeededOf(topUp));
    const row = await topUpRow(world, topUp.id);
    for (const more of [
      { amount_received: 1 },
      { currency: "jpy" },
      { livemode: true },
      { metadata: { top_up_id: topUp.id, user_id: "eve" } },
    ]) {
      expect(await send(succeededOf(topUp, more))).toBe("200 already_processed");
    }
    expect(await topUpRow(world, topUp.id)).toEqual(row);
  });
});

describe("a test payment", () => {
  it("buys nothing where a live key is set, and a live one does", async () => {
    const stripe = { ...world.config.stripe, secretKey: "sk_live_x" };
    const live = givenPaymentContainer(world, { config: { stage: "production", stripe } });
    try {
      const post = async (topUp: GivenTopUp, livemode: boolean) => outcomeOf(await postEvent(live, succeededOf(topUp, { livemode })));
      const [tested, paid] = [await givenTopUp(world, { user: "liv" }), await givenTopUp(world, { user: "liv" })];
      expect([await post(tested, false), await post(paid, true)]).toEqual(["200 quarantined", "200 ok"]);
    } finally {
      await live.close();
    }
  });
});

describe("what was set aside", () => {
  it("stays there when its event comes again with the right figures, until an admin grants it, once", async () => {
    const topUp = await givenTopUp(world, { user: "dora" });
    const event = succeededOf(topUp, { amount_received: 900 });
    expect(await send(event)).toBe("200 quarantined");
    const right = { ...event, data: { object: intentOf(topUp) } };
    expect([await send(right), await grantsOf(world, topUp.payment)]).toEqual(["200 quarantined", []]);
    expect((await resolve(world, topUp.id, { action: "grant" })).status).toBe(200);
    expect(await send(right)).toBe("200 already_processed");
    expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
    expect(await topUpRow(world, topUp.id)).toMatchObject({ status: "succeeded", resolution: "grant" });
    expect(await asideOf(topUp.payment)).toEqual([]);
  });

  it("for want of a top-up stays there when it is told again with the top-up that it was for", async () => {
    const topUp = await givenTopUp(world, { user: "dora", attached: false });
    expect(await send(succeededOf(topUp, { metadata: { user_id: "dora", top_up_id: newId() } }))).toBe("200 quarantined");
    expect([await send(succeededOf(topUp)), await grantsOf(world, topUp.payment)]).toEqual(["200 quarantined", []]);
    expect(await asideOf(topUp.payment)).toMatchObject([{ user_id: "dora", credits_to_grant: "333.33" }]);
  });

  it("of the older shape is granted by an admin when it was corrected, and refunds of it go by what was paid in truth", async () => {
    const payment = stripeId("pi");
    const paid = (amount_received: number) =>
      eventOf("payment_intent.succeeded", {
        id: payment,
        status: "succeeded",
        currency: "usd",
        amount_received,
        metadata: { user_id: "old", credits: "333.33" },
      });
    expect([await send(paid(500)), await balanceOf(world, "old")]).toEqual(["200 quarantined", "0"]);
    expect([await send(paid(1_000)), await balanceOf(world, "old")]).toEqual(["200 quarantined", "0"]);
    const [aside] = await asideOf(payment);
    expect((await resolve(world, aside.id, { action: "grant" })).json.new_balance).toBe("333.33");
    const refund = { id: stripeId("re"), payment_intent: payment, amount: 300, status: "succeeded" };
    expect(await send(eventOf("refund.created", refund))).toBe("200 ok");
    expect(await balanceOf(world, "old")).toBe("233.33000000"); // 333.33 × 300 ÷ 1000 = 99.999, taken as 100.00
  });

  it("and is told of as another product's or another user's by then keeps its row, and theirs stay as they are", async () => {
    const [hers, his] = [await givenTopUp(world, { user: "hers" }), await givenTopUp(world, { user: "his", attached: false })];
    const stolen = { id: hers.payment, metadata: { user_id: "his", top_up_id: his.id } };
    expect(await send(succeededOf(his, stolen))).toBe("200 quarantined"); // it is the payment of a top-up that still waits
    const older = { id: his.payment, metadata: { user_id: "thief", credits: "333.33" } };
    await world.owner.query.updateTable("top_ups").set({ payment_intent: his.payment }).where("id", "=", his.id).execute();
    expect(await send(succeededOf(his, older))).toBe("200 quarantined");
    expect(await asideOf(hers.payment)).toMatchObject([
      { id: hers.id, user_id: "hers", quarantine_reason: expect.stringMatching(/another top-up's/) },
    ]);
    expect(await asideOf(his.payment)).toMatchObject([
      { id: his.id, user_id: "his", quarantine_reason: expect.stringMatching(/another user's/) },
    ]);
  });

  it("of the older shape is set aside in the first place away from the local stage when it has no amount", async () => {
    const dev = givenPaymentContainer(world, { config: { stage: "dev" } });
    try {
      const object = { id: stripeId("pi"), metadata: { user_id: "old", credits: "5" } };
      expect(outcomeOf(await postEvent(dev, eventOf("payment_intent.succeeded", object)))).toBe("200 quarantined");
    } finally {
      await dev.close();
    }
  });
});

describe("the admins' list", () => {
  it("shows every state on demand, newest first, page by page, and refuses a state that is none", async () => {
    const { json } = await operate(world, "GET top-ups?limit=200");
    expect(json.total).toBe(json.top_ups.length);
    const times = json.top_ups.map((row: Json) => row.created_at);
    expect(times).toEqual(times.toSorted().toReversed());
    for (const status of ["created", "pending", "processing", "succeeded", "failed", "canceled", "quarantined", "dismissed"]) {
      const some = await operate(world, `GET top-ups?limit=200&status=${status}`);
      expect(some.json.top_ups).toEqual(json.top_ups.filter((row: Json) => row.status === status));
    }
    const pages: Json[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page = await operate(world, `GET top-ups?limit=7&status=quarantined${cursor && `&cursor=${cursor}`}`);
      pages.push(...page.json.top_ups);
      cursor = page.json.next_cursor;
    }
    expect(pages).toEqual(json.top_ups.filter((row: Json) => row.status === "quarantined"));
    for (const query of ["status=paid", "status=", "status=QUARANTINED", "user=ada", "status=failed&status=pending"]) {
      expect((await operate(world, `GET top-ups?${query}`)).status).toBe(422);
    }
    const foreign = await operate(world, "GET top-ups?limit=1&status=quarantined");
    expect((await operate(world, `GET top-ups?limit=1&cursor=${foreign.json.next_cursor}`)).status).toBe(422);
  });
});
