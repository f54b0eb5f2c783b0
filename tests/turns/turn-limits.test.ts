// Limits in the open statement: decided on locked rows, so exact whoever races; refusals that say which limit, what is left and when it is
// whole again; what is spent follows the settle, and what runs counts as its hold until then.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { amount } from "@pantheon/contract/money.ts";
import { openDirectly, settleDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenEnforcement, givenPrice, givenSession, runTurn } from "../support/given.ts";
import { givenKey } from "../support/given-key.ts";
import { eventsOf, lapse, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { watchServer, type ServerWatch } from "../support/server-watch.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
let server: ServerWatch;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: "grace" }, maxConnections: 24 });
  server = await watchServer(world.databaseUrl);
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await world.assertLedger();
});
afterAll(async () => {
  await server.end();
  await world.end();
});

const own = (limits: object) => world.call("PUT", "/api/v1/users/me/limits", { user, body: limits });
const byAdmin = (limits: object) => world.call("PUT", `/api/v1/admin/users/${user}/limits`, { user: "grace", body: limits });
const withKey = (key: { headers: Record<string, string> }, at = session): Promise<Answer> =>
  world.call("POST", `/api/v1/sessions/${at}/turns`, {
    user: null,
    headers: key.headers,
    body: { message: "Hello.", max_output_tokens: 100 },
  });
const run = (at = session) => runTurn(world, at, { user, maxOutputTokens: 100 });
const inForce = async () => (await world.call("GET", "/api/v1/users/me/limits", { user })).json.in_force;

/** Waits until a window of so many seconds has at least `ms` left, so that a test does not cross its end. */
async function wellWithinTheMinute(ms = 15_000): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < ms) await new Promise((next) => setTimeout(next, left + 50));
}

describe("200 parallel calls with one key", () => {
  test("at its last calls: exactly as many as are left run, and there is no deadlock", async () => {
    await wellWithinTheMinute(40_000);
    const key = await givenKey(world, user, { limits: { calls_per_minute: 7 } });
    const sessions = await Promise.all(Array.from({ length: 20 }, () => givenSession(world, user)));
    const before = await server.figures();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => withKey(key, sessions[index % 20])));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(7);
    expect(statuses.filter((status) => status !== 201 && status !== 429 && status !== 409)).toEqual([]);
    expect((await turnsOf(world, user)).length).toBe(7);
    expect((await server.figures()).deadlocks).toBe(before.deadlocks);
  }, 120_000);

  test("at its last credits: what they hold and spend is never above the limit, and the rest of it is used", async () => {
    const key = await givenKey(world, user, { limits: { credits_total: "0.1" } });
    const sessions = await Promise.all(Array.from({ length: 20 }, () => givenSession(world, user)));
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => withKey(key, sessions[index % 20])));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].filter((status) => ![201, 402, 409].includes(status))).toEqual([]);
    const { spent } = await world.deps.db.query.selectFrom("api_keys").select("spent").where("id", "=", key.id).executeTakeFirstOrThrow();
    const charged = (await eventsOf(world, user)).reduce((sum, event) => sum.plus(amount(event.credits_charged)), amount("0"));
    expect([amount(spent).eq(charged), amount(spent).lte(amount("0.1")), amount(spent).gt(amount("0"))]).toEqual([true, true, true]);
    for (let refused = 0; refused < 1;) {
      const { status, json } = await withKey(key);
      if (status === 201) continue;
      expect([status, json.code, json.limit.name]).toEqual([402, "limit_reached", "credits_total"]);
      refused += 1;
    }
  }, 120_000);

  test("opened directly at one place: holds together stay within the limit to the last decimal", async () => {
    const key = await givenKey(world, user, { limits: { credits_total: "0.05" } });
    const hash = (await world.deps.db.query.selectFrom("api_keys").select("hash").where("id", "=", key.id).executeTakeFirstOrThrow()).hash;
    const sessions = await Promise.all(Array.from({ length: 50 }, () => givenSession(world, user)));
    const rows = await Promise.all(
      sessions.map((at) => openDirectly(world, { user, session: at }, { apiKey: key.id, keyHash: hash, maxOutputTokens: 100 })),
    );
    const opened = rows.filter(({ turn }) => turn !== null);
    const hold = amount(opened[0]?.hold ?? "0");
    expect(opened).toHaveLength(Math.floor(Number(amount("0.05").div(hold).toFixed(8))));
    expect(rows.find(({ turn }) => turn === null)?.limit_met).toMatchObject({ scope: "key", name: "credits_total" });
    for (const { turn, attempt } of opened)
      await settleDirectly(world, { id: turn ?? "", user, attempt: attempt ?? 0 }, { output: 10, apiKey: key.id });
    expect((await openDirectly(world, { user, session: sessions[0] ?? "" }, { apiKey: key.id, keyHash: hash })).turn).not.toBeNull();
    await lapse(world, user);
    await runTurn(world, sessions[0] ?? "", { user });
  }, 60_000);
});

describe("a limit of calls", () => {
  test("by the minute is told with what is left and when to come again, and writes nothing", async () => {
    await wellWithinTheMinute();
    await own({ calls_per_minute: 2 });
    expect([(await run()).status, (await run()).status]).toEqual([201, 201]);
    const before = await pictureOf(world);
    const refused = await run();
    expect([refused.status, refused.json.code, refused.json.limit]).toEqual([
      429,
      "rate_limited",
      { scope: "person", name: "calls_per_minute", most: "2", left: "0", resets_at: expect.stringMatching(/:00\.000Z$/) },
    ]);
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait >= 1 && wait <= 60).toBe(true);
    expect(await pictureOf(world)).toBe(before);
    await world.owner.query
      .updateTable("credit_wallets")
      .set({ called_at: new Date(Date.now() - 60_000) })
      .where("user_id", "=", user)
      .execute();
    expect((await run()).status).toBe(201);
  });

  test("by the hour lasts longer than anybody is told to wait", async () => {
    await own({ calls_per_hour: 1 });
    expect((await run()).status).toBe(201);
    const refused = await run();
    expect([refused.status, refused.json.limit.name, Number(refused.headers.get("retry-after")) <= 60]).toEqual([
      429,
      "calls_per_hour",
      true,
    ]);
  });

  test("of a key leaves its owner's own calls alone, and the owner's counts for the key", async () => {
    const key = await givenKey(world, user, { limits: { calls_per_hour: 1 } });
    expect([(await withKey(key)).status, (await withKey(key)).status]).toEqual([201, 429]);
    expect((await run()).status).toBe(201);
    await own({ calls_per_hour: 2 });
    const other = await givenKey(world, user);
    expect((await withKey(other)).json.limit).toMatchObject({ scope: "person", name: "calls_per_hour" });
  });

  test("at once counts turns that run, and one whose container died only until somebody asks", async () => {
    await own({ running: 1 });
    const other = await givenSession(world, user);
    const { turn } = await openDirectly(world, { user, session: other });
    expect(turn).not.toBeNull();
    expect((await run()).json.limit).toMatchObject({ name: "running", most: "1", left: "0", resets_at: null });
    await lapse(world, user);
    expect((await run()).status).toBe(201);
  });
});

describe("a limit of credits", () => {
  test("is of the day and the month: what was spent before is forgotten, in a key's row and in a person's", async () => {
    const key = await givenKey(world, user, { limits: { credits_per_day: "0.02", credits_per_month: "0.02" } });
    for (let calls = 0; (await withKey(key)).status === 201; calls += 1) if (calls > 50) throw new Error("no limit");
    expect((await withKey(key)).json.limit.name).toMatch(/^credits_per_(?:day|month)$/);
    const back = (days: number) =>
      world.owner.query
        .updateTable("api_keys")
        .set({ last_used_on: new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10) })
        .where("id", "=", key.id)
        .execute();
    await back(40);
    expect((await withKey(key)).status).toBe(201);
  }, 60_000);

  test("names what is left and when it is whole again, though the credits are there", async () => {
    await givenCredits(world, user, "100");
    await own({ credits_per_day: "0.0001" });
    const refused = await run();
    expect([refused.status, refused.json.code]).toEqual([402, "limit_reached"]);
    expect(refused.json).toMatchObject({
      balance: "100",
      limit: {
        scope: "person",
        name: "credits_per_day",
        most: "0.0001",
        left: "0.0001",
        resets_at: expect.stringMatching(/T00:00:00\.000Z$/),
      },
    });
    expect((await walletOf(world, user)).held).toBe("0.00000000");
  });

  test("fits a turn that may be fitted to what is left of it", async () => {
    await givenCredits(world, user, "100");
    const session2 = await givenSession(world, user);
    await own({ credits_total: "0.05" });
    const fitted = await runTurn(world, session2, { user, maxOutputTokens: 8_000, fit: true });
    expect([fitted.status, fitted.json.max_output_tokens < 8_000, fitted.json.max_output_tokens >= 64]).toEqual([201, true, true]);
    expect((await runTurn(world, session2, { user, maxOutputTokens: 8_000 })).json.code).toBe("limit_reached");
  });

  test("counts what runs as its hold, and what was settled as its charge", async () => {
    await own({ credits_total: "10" });
    const { turn, attempt, hold } = await openDirectly(world, { user, session });
    expect((await inForce())[0].used).toBe(String(amount(hold ?? "0")));
    const settled = await settleDirectly(world, { id: turn ?? "", user, attempt: attempt ?? 0 });
    expect((await inForce())[0].used).toBe(String(amount(settled?.charge ?? "0")));
  });
});

describe("of two limits the lower one counts", () => {
  test("one's own below an admin's, an admin's below one's own, and the stage's where no admin set any", async () => {
    await own({ calls_per_hour: 5, running: 4 });
    await byAdmin({ calls_per_hour: 3 });
    expect(await inForce()).toMatchObject([
      { name: "calls_per_hour", most: "3" },
      { name: "running", most: "4" },
    ]);
    await own({ calls_per_hour: 2 });
    expect(await inForce()).toMatchObject([{ name: "calls_per_hour", most: "2" }]);
    const read = await world.call("GET", `/api/v1/admin/users/${user}/limits`, { user: "grace" });
    expect(read.json).toMatchObject({ own: { calls_per_hour: 2, running: null }, admin: { calls_per_hour: 3 } });
    await own({});
    await byAdmin({});
    expect(await inForce()).toEqual([]);
  });
});

test("a wallet whose credits nobody enforces stops at the debt that the stage allows", async () => {
  const poor = await testWorld({ environment: { CREDIT_DEBT_LIMIT: "0.5", PERSON_LIMITS: "running=3, calls_per_hour=60" } });
  try {
    const at = await givenSession(poor, user);
    await givenPrice(poor, "default", "100");
    let answer = await runTurn(poor, at, { user, maxOutputTokens: 100 });
    for (let turns = 0; answer.status === 201 && turns < 40; turns += 1) answer = await runTurn(poor, at, { user, maxOutputTokens: 100 });
    expect([answer.status, answer.json.code]).toEqual([402, "insufficient_credits"]);
    expect(amount((await walletOf(poor, user)).balance).lte(amount("-0.5"))).toBe(true);
    const limits = (await poor.call("GET", "/api/v1/users/me/limits", { user })).json;
    expect(limits.in_force.map(({ name, most }: Answer["json"]) => [name, most])).toEqual([
      ["calls_per_hour", "60"],
      ["running", "3"],
    ]);
    await givenEnforcement(poor, null);
  } finally {
    await poor.end();
  }
}, 60_000);
