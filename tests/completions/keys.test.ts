// A program at the door with a key: whose it is and what it may do is decided by its row, in the statement that opens the call.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { givenCredits, givenModelAsked, givenPrice, modelsWith } from "../support/given.ts";
import { givenKey } from "../support/given-key.ts";
import { debitsOf, eventsOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";
import { chat } from "./given.ts";

let world: TestWorld;
let users = 0;
let user: string;
beforeAll(async () => {
  world = await testWorld({ models: modelsWith("fake-slow-500") });
  await givenPrice(world, "fake-slow-500", "1");
});
beforeEach(async () => {
  user = `owner-${(users += 1)}`;
  await givenCredits(world, user, "10");
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const withKey = (key: string) => ({ user: null, headers: { Authorization: `Bearer ${key}` } });

it("spends its owner's credits in two statements, and what it used names it", async () => {
  const { key, id } = await givenKey(world, user);
  expect((await chat(world, {}, withKey(key))).status).toBe(200);
  const before = world.passed.statements;
  expect((await chat(world, {}, withKey(key))).status).toBe(200);
  expect(world.passed.statements - before).toBe(2);
  expect((await eventsOf(world, user)).map((event) => event.api_key_id)).toEqual([id, id]);
  expect(await debitsOf(world, user)).toHaveLength(2);
});

it("is refused as soon as it is revoked, while what it had begun is settled", async () => {
  const { key, id } = await givenKey(world, user);
  await chat(world, {}, withKey(key));
  const { answer } = await givenModelAsked(world, () => chat(world, { model: "fake-slow-500" }, withKey(key)));
  expect((await world.call("DELETE", `/api/v1/users/me/keys/${id}`, { user })).status).toBeLessThan(300);
  const next = await chat(world, {}, withKey(key));
  expect([next.status, next.json.error.code]).toEqual([401, "invalid_api_key"]);
  expect((await answer).status).toBe(200);
  expect(await debitsOf(world, user)).toHaveLength(2);
});

it("may use no model but those that it is for, whatever they are called", async () => {
  const { key } = await givenKey(world, user, { models: ["default"] });
  expect((await chat(world, {}, withKey(key))).status).toBe(200);
  for (const model of ["claude-sonnet", "anthropic/claude-sonnet-4.5"]) {
    const { status, json } = await chat(world, { model }, withKey(key));
    expect([status, json.error.type]).toEqual([403, "permission_error"]);
  }
});

it("that is none, or is nobody's, opens nothing", async () => {
  for (const key of ["pan_none", `pan_${"A".repeat(48)}`, "sk-proj-1"]) {
    const { status, json } = await chat(world, {}, withKey(key));
    expect([status, json.error.code]).toEqual([401, "invalid_api_key"]);
  }
});

it("is told of itself: its name, what is left of its limit and until when, and what it used", async () => {
  const ends = new Date(Date.now() + 86_400_000).toISOString();
  const limits = { credits_per_day: "5", credits_per_month: "4", credits_total: "100" };
  const { key } = await givenKey(world, user, { name: "An agent", limits, expires_at: ends });
  const { json: answer } = await chat(world, {}, withKey(key));
  await chat(world, {}, { user }); // of its owner, and not the key's
  const cost = answer.usage.cost;
  const usdPerCredit = cost / Number(answer.usage.pantheon.credits);
  const { data } = (await world.call("GET", "/v1/key", withKey(key))).json;
  expect(data).toMatchObject({ label: "An agent", limit_reset: "monthly", expires_at: ends, is_free_tier: false });
  expect([data.usage, data.usage_daily, data.usage_weekly, data.usage_monthly]).toEqual([cost, cost, cost, cost]);
  expect(data.limit).toBeCloseTo(4 * usdPerCredit, 10);
  expect(data.limit_remaining).toBeCloseTo(4 * usdPerCredit - cost, 10);
  const { key: free } = await givenKey(world, user);
  const { data: other } = (await world.call("GET", "/v1/key", withKey(free))).json;
  expect(other).toMatchObject({ label: "A program", limit: null, limit_remaining: null, limit_reset: null, usage: 0, expires_at: null });
});

it("is asked for its row by whatever runs no call", async () => {
  const { key, id } = await givenKey(world, user);
  await chat(world, {}, withKey(key));
  const count = () =>
    world.call("POST", "/v1/messages/count_tokens", {
      ...withKey(key),
      body: { model: "default", messages: [{ role: "user", content: "Hi" }] },
    });
  expect((await count()).status).toBe(200);
  await world.call("DELETE", `/api/v1/users/me/keys/${id}`, { user });
  expect([(await count()).status, (await count()).json.error?.type]).toEqual([401, "authentication_error"]);
});

it("lists models and tells what is left", async () => {
  const { key } = await givenKey(world, user);
  for (const path of ["/v1/models", "/v1/key", "/v1/credits"]) expect((await world.call("GET", path, withKey(key))).status).toBe(200);
});
