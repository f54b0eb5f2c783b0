// Services: a key that an admin has let act for others holds and books the credits of whom it names, and nobody else's key does. And usage that
// is booked after the fact, by a key that an admin has let do so.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { amount } from "@pantheon/contract/money.ts";
import { givenCredits } from "../support/given.ts";
import { book, extend, hold, holdCredits, settle, voidHold } from "../support/given-hold.ts";
import { givenNoRefusedWrite, givenRefusedWrite } from "../support/fault-trigger.ts";
import { givenKey, type GivenKey } from "../support/given-key.ts";
import { eventsOf, lapse, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { lockWallet } from "../support/wallet-lock.ts";
import { watchServer, type ServerWatch } from "../support/server-watch.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let server: ServerWatch;
let users = 0;
let user: string;
let service: GivenKey;
beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: "grace", CREDIT_ENFORCEMENT_ENABLED: "true" }, maxConnections: 24 });
  server = await watchServer(world.databaseUrl);
});
beforeEach(async () => {
  user = await known(`user-${(users += 1)}`, "1");
  service = await givenService();
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await server.end();
  await world.end();
});

/** Somebody who was here, with credits. */
async function known(id: string, credits: string): Promise<string> {
  await world.call("POST", "/api/v1/sessions", { user: id, body: {} });
  await givenCredits(world, id, credits);
  return id;
}

const rights = (key: string, given: object, by = "grace") => world.call("PATCH", `/api/v1/admin/keys/${key}`, { user: by, body: given });

async function givenService(limits: Record<string, unknown> | null = null): Promise<GivenKey> {
  const key = await givenKey(world, "shop", { name: "The shop", limits });
  const answer = await rights(key.id, { acts_for_others: true, books_usage: true });
  if (answer.status !== 200) throw new Error(`no rights: ${answer.text}`);
  return key;
}

const over = (answer: Answer) => [answer.status, answer.json.code];
const balanceOf = async (id = user) => String(amount((await walletOf(world, id)).balance));

describe("an admin alone", () => {
  test("lets a key act for others or book usage; it is in the audit, and binds the next request", async () => {
    const key = await givenKey(world, "shop");
    expect(over(await rights(key.id, { acts_for_others: true }, "shop"))).toEqual([403, "forbidden"]);
    expect(over(await rights(key.id, {}))).toEqual([422, "invalid_request"]);
    expect(over(await rights(newId(), { books_usage: true }))).toEqual([404, "not_found"]);
    expect(over(await hold(world, key, { on_behalf_of: user }))).toEqual([403, "forbidden"]);
    const let1 = await rights(key.id, { acts_for_others: true });
    expect(let1.json).toMatchObject({ id: key.id, user_id: "shop", acts_for_others: true, books_usage: false });
    const { id } = (await hold(world, key, { on_behalf_of: user })).json;
    expect((await rights(key.id, { acts_for_others: false })).json.acts_for_others).toBe(false);
    expect(over(await hold(world, key, { on_behalf_of: user }))).toEqual([403, "forbidden"]);
    expect((await settle(world, key, id)).status).toBe(200);
    const actions = (await world.call("GET", `/api/v1/admin/actions?target=${key.id}`, { user: "grace" })).json.actions;
    expect(actions.slice(0, 2).map(({ action, admin_id, after }: Answer["json"]) => [action, admin_id, after.acts_for_others])).toEqual([
      ["api_key.rights", "grace", false],
      ["api_key.rights", "grace", true],
    ]);
  });

  test("is asked again in the statement: what was taken back while a hold waited for its wallet opens nothing", async () => {
    const lock = await lockWallet(world, user);
    const waiting = hold(world, service, { on_behalf_of: user });
    await lock.awaited(1);
    await rights(service.id, { acts_for_others: false });
    const before = (await turnsOf(world, user)).length;
    await lock.release();
    expect(over(await waiting)).toEqual([403, "forbidden"]);
    expect((await turnsOf(world, user)).length).toBe(before);
  });

  test("decides: no token acts for others, nor does anybody else's key", async () => {
    expect(over(await hold(world, "mallory", { on_behalf_of: user }))).toEqual([403, "forbidden"]);
    expect(over(await hold(world, await givenKey(world, "mallory"), { on_behalf_of: user }))).toEqual([403, "forbidden"]);
    expect(over(await hold(world, service, { on_behalf_of: "nobody-of-this-name" }))).toEqual([404, "not_found"]);
    expect(await world.deps.db.query.selectFrom("users").select("id").where("id", "=", "nobody-of-this-name").execute()).toEqual([]);
    for (const address of ["/api/v1/admin/wallets/ada", "/api/v1/users/me/keys"])
      expect((await world.call("GET", address, { user: null, headers: service.headers })).status).toBe(403);
  });
});

describe("a service's key", () => {
  test("holds and settles from the person's wallet; their receipt says whose key acted, and the key keeps its count", async () => {
    const { id } = (await hold(world, service, { on_behalf_of: user })).json;
    expect((await walletOf(world, user)).held).toBe("0.13500000");
    const settled = await settle(world, service, id);
    expect(settled.json).toMatchObject({ credits_charged: "0.075", balance_after: "0.925" });
    const { json } = await world.call("GET", `/api/v1/users/me/turns/${id}`, { user });
    expect(json.receipt).toMatchObject({ acted_by: "shop", api_key_name: "The shop", matches: true });
    const [event] = await eventsOf(world, user);
    expect(event?.api_key_id).toBe(service.id);
    const own = (await world.call("GET", "/api/v1/users/me/keys", { user: "shop" })).json.keys;
    expect(own.find(({ id: one }: Answer["json"]) => one === service.id)).toMatchObject({ spent: "0.075", acts_for_others: true });
  });

  test("keeps its holds to itself: the person neither voids nor settles them; its owner may", async () => {
    const { id } = (await hold(world, service, { on_behalf_of: user })).json;
    for (const answer of [
      await voidHold(world, user, id),
      await settle(world, user, id, { credits: "0.00000001" }),
      await extend(world, user, id),
    ])
      expect(answer.status).toBe(404);
    expect((await extend(world, "shop", id)).status).toBe(200);
    expect((await settle(world, "shop", id)).status).toBe(200);
  });

  test("has idempotency keys of its own: the person's request under the same one is another", async () => {
    const key = newId();
    const first = await hold(world, service, { on_behalf_of: user }, key);
    const own = await hold(world, user, {}, key);
    expect([first.status, own.status, own.json.id === first.json.id]).toEqual([201, 201, false]);
    expect((await hold(world, service, { on_behalf_of: user }, key)).text).toBe(first.text);
    const other = await known("other-person", "1");
    const theirs = await hold(world, service, { on_behalf_of: other }, key);
    expect([theirs.status, theirs.json.id === first.json.id]).toEqual([201, false]);
  });

  test("is bound by the person's limits and suspension, and by its own limits over everybody it acts for", async () => {
    const narrow = await givenService({ credits_total: "0.25", running: 2 });
    const others = await Promise.all(["one", "two", "three"].map((id) => known(`${user}-${id}`, "1")));
    const [first, second, third] = await Promise.all(others.map((id) => holdCredits(world, narrow, "0.1", { on_behalf_of: id })));
    expect([first, second, third].filter((answer) => answer?.status === 201)).toHaveLength(2);
    expect([first, second, third].find((answer) => answer?.status !== 201)?.json.limit).toMatchObject({ scope: "key", name: "running" });
    await Promise.all(
      [first, second, third].flatMap((answer) =>
        answer?.status === 201 ? [settle(world, narrow, answer.json.id, { credits: "0.1" })] : [],
      ),
    );
    const last = await holdCredits(world, narrow, "0.1", { on_behalf_of: user });
    expect([...over(last), last.json.limit.left]).toEqual([402, "limit_reached", "0.05"]);
    await world.call("PUT", "/api/v1/users/me/limits", { user, body: { credits_per_day: "0.01" } });
    expect((await hold(world, service, { on_behalf_of: user })).json.limit).toMatchObject({ scope: "person" });
    await world.call("POST", `/api/v1/admin/users/${user}/suspend`, { user: "grace", body: { reason: "A reason" } });
    expect(over(await hold(world, service, { on_behalf_of: user }))).toEqual([403, "account_suspended"]);
  });

  test("200 at once over twenty wallets at its last credits: exactly as many, no deadlock, and the sums of its row are right", async () => {
    const before = await server.figures();
    const wide = await givenService({ credits_total: "0.5" });
    const people = await Promise.all(Array.from({ length: 20 }, (_, at) => known(`${user}-${at}`, "1")));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) => holdCredits(world, wide, "0.02", { on_behalf_of: people[at % 20] })),
    );
    const opened = answers.filter(({ status }) => status === 201);
    expect(opened).toHaveLength(25);
    expect(answers.filter(({ status }) => status !== 201 && status !== 402)).toEqual([]);
    const settled = await Promise.all(opened.map(({ json }) => settle(world, wide, json.id, { credits: "0.02" })));
    expect(settled.filter(({ status }) => status !== 200)).toEqual([]);
    const row = await world.deps.db.query.selectFrom("api_keys").selectAll().where("id", "=", wide.id).executeTakeFirstOrThrow();
    expect([row.spent, row.spent_that_day, row.spent_that_month]).toEqual(["0.50000000", "0.50000000", "0.50000000"]);
    expect((await server.figures()).deadlocks).toBe(before.deadlocks);
  }, 60_000);

  test("says what the house paid, which is in the margin; nobody else's word is", async () => {
    const before = (await world.call("GET", "/api/v1/admin/analytics/margin", { user: "grace" })).json.provider_cost_usd;
    const { id: theirs } = (await hold(world, user)).json;
    await settle(world, user, theirs, { credits: "0.1", provider_cost_usd: "900" });
    const { id: ours } = (await hold(world, service, { on_behalf_of: user })).json;
    await settle(world, service, ours, { credits: "0.1", provider_cost_usd: "0.25" });
    expect(over(await settle(world, service, ours, { credits: "0.1", provider_cost_usd: "0.26" }))).toEqual([409, "conflict"]);
    const after = (await world.call("GET", "/api/v1/admin/analytics/margin", { user: "grace" })).json.provider_cost_usd;
    expect(amount(after).minus(amount(before)).eq("0.25")).toBe(true);
  });
});

describe("usage that is booked after the fact", () => {
  test("is charged at once, once for each key, and stands like any turn", async () => {
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 12 }, () => book(world, service, { on_behalf_of: user }, key)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.json).toMatchObject({ credits_charged: "0.075", balance_after: "0.925" });
    expect(answers[0]?.status).toBe(201);
    expect([await balanceOf(), (await eventsOf(world, user)).length]).toEqual(["0.925", 1]);
    expect((await book(world, service, { on_behalf_of: user }, key)).headers.get("idempotency-replayed")).toBe("true");
    expect(over(await book(world, service, { on_behalf_of: user, credits: "1" }, key))).toEqual([422, "idempotency_key_reused"]);
  });

  test("wants a key that an admin lets do so, and an Idempotency-Key", async () => {
    const plain = await givenKey(world, user);
    expect(over(await book(world, user))).toEqual([403, "forbidden"]);
    expect(over(await book(world, plain))).toEqual([403, "forbidden"]);
    await rights(plain.id, { books_usage: true });
    expect(over(await book(world, plain, {}, null))).toEqual([422, "invalid_request"]);
    expect((await book(world, plain)).status).toBe(201);
    expect(over(await book(world, plain, { on_behalf_of: "shop" }))).toEqual([403, "forbidden"]);
  });

  test("is covered by what is available to the last decimal, or refused whole; the same key books it after a top-up", async () => {
    const key = newId();
    const before = await pictureOf(world);
    expect(over(await book(world, service, { on_behalf_of: user, credits: "1.00000001" }, key))).toEqual([402, "insufficient_credits"]);
    expect(await pictureOf(world)).toBe(before);
    await givenCredits(world, user, "0.00000001");
    expect((await book(world, service, { on_behalf_of: user, credits: "1.00000001" }, key)).json.balance_after).toBe("0");
    const cached = { usage: { input_tokens_fresh: 0, input_tokens_cached: 1_000, output_tokens: 0 } };
    await givenCredits(world, user, "0.01");
    expect((await book(world, service, { on_behalf_of: user, ...cached })).json).toMatchObject({
      credits_charged: "0.01",
      balance_after: "0",
    });
  });

  test("whose container died before it was settled is settled by its repetition", async () => {
    const key = newId();
    await givenRefusedWrite(world, { table: "llm_call_events", on: "insert" });
    const stopped = await book(world, service, { on_behalf_of: user }, key);
    await givenNoRefusedWrite(world);
    expect(stopped.status).toBeGreaterThanOrEqual(500);
    expect(await turnsOf(world, user)).toMatchObject([{ status: "running", origin: "usage" }]);
    expect((await book(world, service, { on_behalf_of: user }, key)).status).toBe(201);
    expect([await balanceOf(), (await eventsOf(world, user)).length]).toEqual(["0.925", 1]);
  });

  test("200 at once at the last credits: as many as are covered, and never below zero", async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => book(world, service, { on_behalf_of: user, credits: "0.01" })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(100);
    expect(answers.filter(({ status }) => status !== 201 && status !== 402)).toEqual([]);
    expect(await balanceOf()).toBe("0");
    await lapse(world, user);
  }, 60_000);
});
