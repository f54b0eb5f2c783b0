// Many calls at once at the door with one key: its limits are exact, the database has no deadlock, and what was revoked while it ran is
// settled while nothing more of it begins, in another process too.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { amount } from "@pantheon/contract/money.ts";
import { givenCredits, givenEnforcement, givenModelAsked, givenPrice, givenSession, modelsWith } from "../support/given.ts";
import { givenKey, type GivenKey } from "../support/given-key.ts";
import { debitsOf, eventsOf, walletOf } from "../support/ledger.ts";
import { givenSecondProcess } from "../support/second-process.ts";
import { watchServer, type ServerWatch } from "../support/server-watch.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";
import { chat } from "./given.ts";

const SLOW = "fake-slow-500";
let world: TestWorld;
let server: ServerWatch;
let users = 0;
let user: string;
beforeAll(async () => {
  world = await testWorld({ maxConnections: 24, models: modelsWith(SLOW) });
  server = await watchServer(world.databaseUrl);
  await givenPrice(world, SLOW, "1");
  await givenEnforcement(world, true);
});
beforeEach(async () => {
  user = `racer-${(users += 1)}`;
  await givenCredits(world, user, "10");
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await server.end();
  await world.end();
});

const call = ({ headers }: GivenKey, more: object = {}): Promise<Answer> =>
  chat(world, { max_tokens: 300, ...more }, { user: null, headers });
const many = (key: GivenKey) => Promise.all(Array.from({ length: 200 }, () => call(key)));
const spentBy = async ({ id }: GivenKey) =>
  amount((await world.owner.query.selectFrom("api_keys").select("spent").where("id", "=", id).executeTakeFirstOrThrow()).spent);
const chargedOf = async () => (await eventsOf(world, user)).reduce((sum, event) => sum.plus(amount(event.credits_charged)), amount("0"));

/** A window of calls that ended meanwhile would let as many run again. */
const wellWithinTheHour = async () => {
  const left = 3_600_000 - (Date.now() % 3_600_000);
  if (left < 30_000) await sleep(left + 50);
};

describe("200 calls at once with one key", () => {
  it("at its last allowed calls: exactly as many as are left run, and there is no deadlock", async () => {
    await wellWithinTheHour();
    const key = await givenKey(world, user, { limits: { calls_per_hour: 7 } });
    const before = await server.figures();
    const answers = await many(key);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([...Array(7).fill(200), ...Array(193).fill(429)]);
    const refused = answers.find(({ status }) => status === 429);
    expect([refused?.json.error.code, Number(refused?.headers.get("retry-after")) <= 60]).toEqual(["rate_limited", true]);
    expect(await debitsOf(world, user)).toHaveLength(7);
    expect((await server.figures()).deadlocks).toBe(before.deadlocks);
  }, 120_000);

  it("at its last credits: it spends no more than its limit, and what it spent is what was charged", async () => {
    const key = await givenKey(world, user, { limits: { credits_total: "0.1" } });
    const before = await server.figures();
    const statuses = new Set((await many(key)).map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 402]));
    const [spent, charged] = [await spentBy(key), await chargedOf()];
    expect([spent.eq(charged), spent.lte(amount("0.1")), spent.gt(amount("0"))]).toEqual([true, true, true]);
    expect((await server.figures()).deadlocks).toBe(before.deadlocks);
  }, 120_000);

  it("at its owner's last credits: the wallet pays what was charged, holds nothing afterwards, and every call is answered or refused", async () => {
    const poor = `${user}-poor`;
    await givenCredits(world, poor, "0.1");
    user = poor;
    const key = await givenKey(world, poor);
    const before = await server.figures();
    const statuses = new Set((await many(key)).map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 402]));
    const { balance, held } = await walletOf(world, poor);
    expect(held).toBe("0.00000000");
    expect(amount(balance).eq(amount("0.1").minus(await chargedOf()))).toBe(true);
    expect((await server.figures()).deadlocks).toBe(before.deadlocks);
  }, 120_000);
});

it("a key that is revoked while its calls run: they settle, and the next is refused here and in a second process", async () => {
  const key = await givenKey(world, user);
  const session = await givenSession(world, user);
  const second = await givenSecondProcess(world);
  try {
    expect((await second.streamWith(key.key, session)).ok).toBe(true); // it knows the key
    const { answer } = await givenModelAsked(world, () => call(key, { model: SLOW }));
    expect((await world.call("DELETE", `/api/v1/users/me/keys/${key.id}`, { user })).status).toBe(204);
    expect(await second.streamWith(key.key, session)).toMatchObject({ ok: false, code: expect.stringContaining("unauthenticated") });
    const next = await call(key);
    expect([next.status, next.json.error?.code]).toEqual([401, "invalid_api_key"]);
    expect((await answer).status).toBe(200);
  } finally {
    await second.end();
  }
  await expect.poll(async () => (await walletOf(world, user)).held).toBe("0.00000000");
  expect((await spentBy(key)).eq(await chargedOf())).toBe(true);
}, 60_000);
