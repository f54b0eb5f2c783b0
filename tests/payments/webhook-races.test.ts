// One payment is granted once: however many copies of its event arrive at once, whoever else looks at the same moment, and wherever the
// connection to the database breaks.

import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { reconcile } from "@pantheon/core/payments/reconcile.ts";
import { balanceOf, eventRow, givenTopUp, grantsOf, intentOf, succeededOf, topUpRow } from "../support/given-top-up.ts";
import { givenCredits } from "../support/given.ts";
import { atOnce, givenOpenConnections } from "../support/admin.ts";
import { givenCutContainer, type CutContainer } from "../support/payment-container.ts";
import { eventOf, outcomeOf, postEvent, stripeId } from "../support/payment-event.ts";
import { say } from "../support/say.ts";
import { watchServer } from "../support/server-watch.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const INTENTS = 50;
const COPIES = 200;
const AT_ONCE = 2;
const HELD_COPIES = 4;

describe("the same payment", () => {
  it(`told ${COPIES} times at once, of ${INTENTS} payments, half of the copies under event ids of their own, is granted ${INTENTS} times`, async () => {
    const server = await watchServer(world.databaseUrl);
    const began = Date.now();
    try {
      const before = await server.figures();
      await givenOpenConnections(world);
      const topUps = await atOnce(INTENTS, () => givenTopUp(world, { user: "many" }));
      const left = [...topUps];
      const answered = new Map<string, number>();
      const lane = async () => {
        for (let topUp = left.pop(); topUp; topUp = left.pop()) {
          const paid = topUp;
          const same = succeededOf(paid);
          const answers = await atOnce(COPIES, (copy) => postEvent(world, copy % 2 === 0 ? same : succeededOf(paid)));
          for (const answer of answers) answered.set(outcomeOf(answer), (answered.get(outcomeOf(answer)) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      say(`${INTENTS * COPIES} events in ${Date.now() - began} ms: ${JSON.stringify([...answered])}`);
      expect(Object.fromEntries(answered)).toEqual({ "200 ok": INTENTS, "200 already_processed": INTENTS * (COPIES - 1) });
      expect((await atOnce(INTENTS, (index) => grantsOf(world, topUps[index]?.payment ?? ""))).flat()).toHaveLength(INTENTS);
      expect(await balanceOf(world, "many")).toBe("16666.50000000"); // 50 × 333.33
      expect((await server.figures()).deadlocks - before.deadlocks).toBe(0);
    } finally {
      await server.end();
    }
  });

  it("told by the webhook, read by its user and reconciled at once is granted once", async () => {
    const { stripe } = world.deps;
    if (stripe === null) throw new Error("the world has no Stripe");
    world.stripe.delivery.drop = true;
    try {
      for (let round = 0; round < 8; round += 1) {
        const { json } = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "raced", body: { amount_usd: "1.00" } });
        const { payment_intent: payment } = await topUpRow(world, json.id);
        world.stripe.pay(payment ?? "", "pm_card_visa");
        const event = world.stripe.events().find(({ type, data }) => type === "payment_intent.succeeded" && data.object.id === payment);
        const since = new Date(Date.now() - 60_000);
        const answers = await Promise.all([
          ...Array.from({ length: 4 }, () => world.stripe.deliver(event?.id ?? "").then(({ status }) => status)),
          ...Array.from({ length: 4 }, () => world.call("GET", `/api/v1/users/me/wallet/top-ups/${json.id}`, { user: "raced" })).map(
            async (read) => (await read).status,
          ),
          ...Array.from({ length: 2 }, () => reconcile({ ...world.deps, stripe }, since, { write: true }).then(() => 200)),
        ]);
        expect(new Set(answers)).toEqual(new Set([200]));
        expect(await grantsOf(world, payment ?? "")).toEqual(["33.33000000"]);
      }
    } finally {
      world.stripe.delivery.drop = false;
    }
    expect(await balanceOf(world, "raced")).toBe("266.64000000");
  });

  // All of them have looked for an earlier grant, and found none, when the wallet lets them go: only the ledger's reference is left.
  it("told while its user's wallet is held, so that every copy waits for it, is granted once", async () => {
    const topUp = await givenTopUp(world, { user: "held" });
    await givenCredits(world, topUp.user, "1");
    const server = await watchServer(world.databaseUrl);
    const lookout = server.lookout();
    const client = new Client({ connectionString: world.databaseUrl });
    await client.connect();
    try {
      await client.query("begin");
      await client.query("select from credit_wallets where user_id = $1 for update", [topUp.user]);
      const telling = Promise.all(Array.from({ length: HELD_COPIES }, () => postEvent(world, succeededOf(topUp))));
      while (lookout.seen.waiting < HELD_COPIES) await sleep(5);
      await client.query("commit");
      const answers = (await telling).map(outcomeOf).toSorted();
      expect(answers).toEqual([...Array<string>(HELD_COPIES - 1).fill("200 already_processed"), "200 ok"]);
    } finally {
      await client.end();
      await lookout.stop();
      await server.end();
    }
    expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
    expect(await balanceOf(world, topUp.user)).toBe("334.33000000");
  });

  it("granted while it is refunded, disputed and won back ends like any order of them", async () => {
    const topUps = await atOnce(30, (index) => givenTopUp(world, { user: `mixed-${index}` }));
    await Promise.all(
      topUps.map(async (topUp) => {
        const reversed = { payment_intent: topUp.payment, currency: "usd" };
        const refund = eventOf("refund.created", { ...reversed, id: stripeId("re"), amount: 300, status: "succeeded" });
        const dispute = { ...reversed, id: stripeId("du"), amount: 1_000 };
        const events = [
          succeededOf(topUp),
          refund,
          eventOf("charge.dispute.funds_withdrawn", { ...dispute, status: "needs_response" }),
          eventOf("charge.dispute.closed", { ...dispute, status: "won" }),
          eventOf("payment_intent.processing", intentOf(topUp)),
        ];
        const answers = await Promise.all([...events, ...events].map((event) => postEvent(world, event)));
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      }),
    );
    const balances = await atOnce(30, (index) => balanceOf(world, `mixed-${index}`));
    expect(new Set(balances)).toEqual(new Set(["233.33000000"]));
  });
});

describe("a connection that breaks", () => {
  let container: CutContainer;
  beforeAll(async () => {
    container = await givenCutContainer(world);
  });
  afterAll(() => container.close());

  const post = async (event: object) => outcomeOf(await postEvent(container, event));
  const LOST = /^503 database_unavailable/;

  it.each([
    ["before", "grant_payment", LOST, "200 ok"],
    ["after", "grant_payment", /^200 ok$/, "200 already_processed"],
    ["before", "apply_reversals", LOST, "200 already_processed"],
    ["after", "apply_reversals", LOST, "200 already_processed"],
  ] as const)("%s %s was carried out leaves one grant after Stripe has tried again", async (when, statement, first, second) => {
    const user = `granted-${when}-${statement.length}`; // the name of the statement would be found in its values too
    const topUp = await givenTopUp(world, { user });
    const event = succeededOf(topUp);
    const cuts = container.proxy.cuts();
    container.proxy.cut(when, statement);
    expect(await post(event)).toMatch(first);
    expect(container.proxy.cuts()).toBe(cuts + 1);
    expect(await post(event)).toBe(second);
    expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
    expect(await balanceOf(world, user)).toBe("333.33000000");
    expect(await topUpRow(world, topUp.id)).toMatchObject({ status: "succeeded", slot: null });
    expect((await eventRow(world, event.id))?.outcome).toBe("ok");
  });

  it.each([
    ["before", "record_reversal"],
    ["after", "record_reversal"],
    ["before", "apply_reversals"],
    ["after", "apply_reversals"],
  ] as const)("%s %s was carried out takes back once after Stripe has tried again", async (when, statement) => {
    const user = `cut-${when}-${statement}`;
    const topUp = await givenTopUp(world, { user });
    expect(await post(succeededOf(topUp))).toBe("200 ok");
    const object = { id: stripeId("re"), payment_intent: topUp.payment, amount: 300, status: "succeeded" };
    const event = eventOf("refund.created", object);
    container.proxy.cut(when, statement);
    expect(await post(event)).toMatch(LOST);
    expect([await post(event), await post(event)]).toEqual(["200 ok", "200 ok"]);
    expect(await balanceOf(world, user)).toBe("233.33000000");
  });

  it.each([
    ["before", "move_top_up"],
    ["after", "move_top_up"],
  ] as const)("%s %s was carried out leaves the state that was told", async (when, statement) => {
    const topUp = await givenTopUp(world, { user: "cut" });
    const event = eventOf("payment_intent.payment_failed", intentOf(topUp));
    container.proxy.cut(when, statement);
    expect([await post(event), await post(event)]).toEqual([expect.stringMatching(LOST), "200 ok"]);
    expect((await topUpRow(world, topUp.id)).status).toBe("failed");
  });

  it.each(["before", "after"] as const)("%s quarantine_payment was carried out sets the payment aside once", async (when) => {
    const topUp = await givenTopUp(world, { user: "cut" });
    const event = succeededOf(topUp, { amount_received: 1 });
    container.proxy.cut(when, "quarantine_payment");
    expect([await post(event), await post(event)]).toEqual([expect.stringMatching(/^(200 quarantined|503 )/), "200 quarantined"]);
    expect((await topUpRow(world, topUp.id)).status).toBe("quarantined");
  });

  it("and a database that stays away are 503 with Retry-After, and all of it is granted when Stripe comes back to it", async () => {
    const topUps = await atOnce(20, () => givenTopUp(world, { user: "outage" }));
    container.proxy.away(true);
    const refused = await Promise.all(topUps.map((topUp) => postEvent(container, succeededOf(topUp))));
    container.proxy.away(false);
    expect(refused.map(({ status, headers }) => [status, headers.get("retry-after") !== null])).toEqual(refused.map(() => [503, true]));
    expect(await balanceOf(world, "outage")).toBe("0");
    for (const topUp of topUps) expect(await post(succeededOf(topUp))).toBe("200 ok");
    expect(await balanceOf(world, "outage")).toBe("6666.60000000");
  });
});
