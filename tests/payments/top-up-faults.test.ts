// A top-up under a key is one payment intent, whatever breaks while it is started: Stripe, the way to it, the database, or the patience
// of whoever clicks.

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { amount as amountOf } from "@pantheon/contract/money.ts";
import { topUp } from "@pantheon/core/payments/checkout.ts";
import { balanceOf, grantsOf, topUpRow } from "../support/given-top-up.ts";
import { atOnce, statuses } from "../support/admin.ts";
import { givenCutContainer, type CutContainer } from "../support/payment-container.ts";
import { testWorld, type Answer, type CallOptions, type TestWorld } from "../support/world.ts";

const START = "/api/v1/users/me/wallet/top-up";
const LIST = "/api/v1/users/me/wallet/top-ups";
const CREATE = "POST /v1/payment_intents";

let world: TestWorld;
let silent: Promise<Answer>;
beforeAll(async () => {
  world = await testWorld();
  // One request that Stripe never answers: the client waits for its patience to end, while the other tests go on.
  world.stripe.hangNext({ to: CREATE, afterEffect: true });
  silent = start("silent", "10", { key: "k" });
  await vi.waitUntil(() => world.stripe.callsTo(CREATE) === 1, { timeout: 10_000 });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

function start(user: string, amount = "10", options: CallOptions = {}, place: Pick<TestWorld, "call"> = world): Promise<Answer> {
  return place.call("POST", START, { user, body: { amount_usd: amount }, ...options });
}

/** The payment intents that Stripe has for this user. */
function intentsOf(user: string) {
  return world.stripe.intents().filter(({ metadata }) => metadata["user_id"] === user);
}

async function rowsOf(user: string): Promise<number> {
  return (await world.call("GET", LIST, { user })).json.total;
}

const FAILED = { status: 502, json: expect.objectContaining({ code: "payment_failed", detail: "payment intent creation failed" }) };

describe("a key", () => {
  it("that is sent 20 times at once is one payment intent and one answer, byte for byte", async () => {
    const answers = await atOnce(20, () => start("clicker", "25", { key: "double-click" }));
    expect(statuses(answers)).toEqual({ 200: 20 });
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect([intentsOf("clicker").length, await rowsOf("clicker")]).toEqual([1, 1]);
    const again = await start("clicker", "25", { key: "double-click" });
    expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([answers[0]?.text, "true"]);
  });

  it("stands for one amount: another one under it is 422, and starts nothing", async () => {
    await start("chooser", "10", { key: "k" });
    const other = await start("chooser", "11", { key: "k" });
    expect([other.status, other.json.code]).toEqual([422, "idempotency_key_reused"]);
    expect(intentsOf("chooser")).toHaveLength(1);
    const races = await atOnce(20, (index) => start("racer", index % 2 === 0 ? "10" : "11", { key: "k" }));
    expect(statuses(races)).toEqual({ 200: 10, 422: 10 });
    expect(intentsOf("racer")).toHaveLength(1);
  });

  it("is a user's own: the same one of somebody else is another top-up", async () => {
    const [mine, theirs] = [await start("mine", "10", { key: "shared" }), await start("theirs", "10", { key: "shared" })];
    expect([mine.status, theirs.status, mine.json.id === theirs.json.id]).toEqual([200, 200, false]);
  });

  it("that is left out makes each request a top-up of its own", async () => {
    await Promise.all([start("keyless"), start("keyless")]);
    expect(intentsOf("keyless")).toHaveLength(2);
  });
});

describe("when Stripe", () => {
  it.each([400, 401, 402, 403, 404])("refuses with %i it is 502, and the same key succeeds afterwards with one intent", async (status) => {
    const user = `refused-${status}`;
    world.stripe.failNext({ status, to: CREATE });
    expect(await start(user, "10", { key: "k" })).toMatchObject(FAILED);
    expect([(await start(user, "10", { key: "k" })).status, intentsOf(user).length, await rowsOf(user)]).toEqual([200, 1, 1]);
  });

  it("fails before it did anything it is 502, and the same key succeeds afterwards with one intent", async () => {
    world.stripe.failNext({ status: 500, to: CREATE });
    expect(await start("failed", "10", { key: "k" })).toMatchObject(FAILED);
    expect([(await start("failed", "10", { key: "k" })).status, intentsOf("failed").length]).toEqual([200, 1]);
  });

  it("fails after it had made the intent, the same key ends with one that can be paid, and pays once", async () => {
    world.stripe.failNext({ status: 500, afterEffect: true, to: CREATE });
    expect(await start("half", "10", { key: "k" })).toMatchObject(FAILED);
    const answer = await start("half", "10", { key: "k" });
    expect(answer.status).toBe(200);
    const [row, intents] = [await topUpRow(world, answer.json.id), intentsOf("half")];
    for (const { id } of intents) world.stripe.pay(id, "pm_card_visa");
    await world.stripe.settled();
    expect(await grantsOf(world, row.payment_intent ?? "")).toEqual(["333.33000000"]);
    expect(await balanceOf(world, "half")).toBe("333.33000000");
  });

  it.each([false, true])("breaks the connection (after its effect: %s) one intent is made all the same", async (afterEffect) => {
    const user = `reset-${afterEffect}`;
    world.stripe.resetNext({ afterEffect, to: CREATE });
    expect([(await start(user, "10", { key: "k" })).status, intentsOf(user).length]).toEqual([200, 1]);
  });

  it("breaks every connection it is 502, and the same key finds the one intent that was made", async () => {
    world.stripe.resetNext({ afterEffect: true, times: 3, to: CREATE });
    expect(await start("cutoff", "10", { key: "k" })).toMatchObject(FAILED);
    expect([(await start("cutoff", "10", { key: "k" })).status, intentsOf("cutoff").length, await rowsOf("cutoff")]).toEqual([200, 1, 1]);
  });

  it("refuses ten top-ups of a user, they can start another when it takes them again", async () => {
    world.stripe.failNext({ status: 402, times: 10, to: CREATE });
    for (let time = 0; time < 10; time += 1) expect(await start("unlucky")).toMatchObject(FAILED);
    expect((await start("unlucky")).status).toBe(200);
  });

  it("tells of the payment before its answer to us has come, the payment is granted and the answer says so", async () => {
    world.stripe.resetNext({ afterEffect: true, to: CREATE }); // the client tries again a moment later
    const answering = start("early", "10", { key: "k" });
    await expect.poll(() => intentsOf("early").length, { timeout: 10_000, interval: 5 }).toBe(1);
    world.stripe.pay(intentsOf("early")[0]?.id ?? "", "pm_card_visa");
    await world.stripe.settled();
    const granted = await balanceOf(world, "early");
    const { status, json } = await answering;
    expect([granted, status, json.status, intentsOf("early").length]).toEqual(["333.33000000", 200, "succeeded", 1]);
  });

  it("pays between two answers to one key, both are the same bytes", async () => {
    world.stripe.resetNext({ afterEffect: true, to: CREATE }); // one of the two comes back a moment later, when it has been paid
    const answering = atOnce(2, () => start("twice", "10", { key: "k" }));
    await expect
      .poll(async () => (await world.call("GET", LIST, { user: "twice" })).json.top_ups[0]?.status, { interval: 5 })
      .toBe("pending");
    world.stripe.pay(intentsOf("twice")[0]?.id ?? "", "pm_card_visa");
    await world.stripe.settled();
    const [one, other] = await answering;
    expect([one?.status, one?.text, await balanceOf(world, "twice")]).toEqual([200, other?.text, "333.33000000"]);
  });

  it("never answers one request, the next try with the same key has the intent that was made", async () => {
    expect([(await silent).status, intentsOf("silent").length, await rowsOf("silent")]).toEqual([200, 1, 1]);
  });
});

describe("when the connection to the database breaks", () => {
  let container: CutContainer;
  beforeAll(async () => {
    container = await givenCutContainer(world);
  });
  afterAll(() => container.close());

  it.each([
    ["before", "start_top_up"],
    ["after", "start_top_up"],
    ["before", "attach_payment"],
    ["after", "attach_payment"],
  ] as const)("%s %s was carried out, the same key ends with one row and one intent", async (when, statement) => {
    const user = `${when}-${statement}`;
    const cuts = container.proxy.cuts();
    container.proxy.cut(when, statement);
    const first = await start(user, "10", { key: "k" }, container);
    expect([[200, 503].includes(first.status), container.proxy.cuts()]).toEqual([true, cuts + 1]);
    const second = await start(user, "10", { key: "k" }, container);
    expect([second.status, intentsOf(user).length, await rowsOf(user)]).toEqual([200, 1, 1]);
    if (first.status === 200) expect(second.text).toBe(first.text);
    world.stripe.pay(intentsOf(user)[0]?.id ?? "", "pm_card_visa");
    await world.stripe.settled();
    expect(await balanceOf(world, user)).toBe("333.33000000");
  });

  it("before the intent was known here, its payment is granted by what it says of itself", async () => {
    container.proxy.cut("before", "attach_payment");
    expect((await start("keyless-cut", "10", {}, container)).status).toBe(503);
    const [intent] = intentsOf("keyless-cut");
    const metadata = intent?.metadata["top_up_id"] ?? "";
    expect(await topUpRow(world, metadata)).toMatchObject({ status: "created", payment_intent: null });
    world.stripe.pay(intent?.id ?? "", "pm_card_visa");
    await world.stripe.settled();
    expect(await topUpRow(world, metadata)).toMatchObject({ status: "succeeded", payment_intent: intent?.id });
    expect(await balanceOf(world, "keyless-cut")).toBe("333.33000000");
  });
});

describe("two requests of one key that end up with two intents", () => {
  it("are answered alike: the quicker one's payment is the top-up's, and the other is never handed out", async () => {
    const { stripe, clock } = world.deps;
    if (!stripe) throw new Error("the world has a Stripe");
    const overtaken = {
      ...stripe,
      createIntent: async (intent: Parameters<typeof stripe.createIntent>[0]) => {
        const made = await stripe.createIntent(intent);
        const row = { payment_intent: "pi_quicker", response_body: quickerOf(intent.metadata.top_up_id), status: "pending" as const };
        await world.owner.query.updateTable("top_ups").set(row).where("id", "=", intent.metadata.top_up_id).execute();
        return made;
      },
    };
    const { db, log, config } = world.deps;
    const answer = await topUp({ db, log, config, clock, stripe: overtaken }, { ...inPerson("overtaken"), email: null }, amountOf("10"), {
      value: "k",
      hash: "h",
    });
    const { id } = await db.query.selectFrom("top_ups").select("id").where("user_id", "=", "overtaken").executeTakeFirstOrThrow();
    expect(answer.body).toBe(quickerOf(id));
    expect(await rowsOf("overtaken")).toBe(1);
  });
});

/** What the quicker request was answered. */
function quickerOf(id: string): string {
  return JSON.stringify({ id, client_secret: "quicker", credits_to_grant: "333.33", amount_usd: "10" });
}
