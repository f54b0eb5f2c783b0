// An answer in one piece that was lost on its way: OpenAI's SDKs ask again and say so, and are told what was paid for, once.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { givenCredits, givenModelAsked, givenPrice, modelsWith } from "../support/given.ts";
import { givenKey } from "../support/given-key.ts";
import { debitsOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";
import { chat } from "./given.ts";

const SLOW = "fake-slow-400";
let world: TestWorld;
let users = 0;
let user: string;
beforeAll(async () => {
  world = await testWorld({ models: modelsWith(SLOW) });
  await givenPrice(world, SLOW, "1");
});
beforeEach(async () => {
  user = `repeater-${(users += 1)}`;
  await givenCredits(world, user, "10");
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const tries = (count: number) => ({ user, headers: { "X-Stainless-Retry-Count": String(count) } });

/** A call whose reader leaves while the model answers. */
async function givenLost(by?: { readonly Authorization: string }): Promise<void> {
  const leaving = new AbortController();
  const own = by ?? { Authorization: `Bearer ${await world.issuer.token({ user })}` };
  const { answer } = await givenModelAsked(world, async () => {
    const lost = fetch(`${world.apiUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { ...own, "Content-Type": "application/json", "X-Stainless-Retry-Count": "0" },
      body: JSON.stringify({ model: SLOW, messages: [{ role: "user", content: "What is a wallet?" }] }),
      signal: leaving.signal,
    });
    return { status: 0, headers: new Headers(), text: await lost.then((response) => response.text()).catch(() => "left"), json: null };
  });
  leaving.abort();
  expect((await answer).text).toBe("left");
  await sleep(50); // the server sees it
}

it("is told to its repetition, while it runs and after it, and charged once", async () => {
  await givenLost();
  const again = await chat(world, { model: SLOW }, tries(1));
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
  expect(again.json.choices[0].message.content).toContain("What is a wallet?");
  expect(await debitsOf(world, user)).toHaveLength(1);
  const third = await chat(world, { model: SLOW }, tries(1));
  expect([third.status, third.headers.get("idempotency-replayed")]).toEqual([200, null]);
  expect(await debitsOf(world, user)).toHaveLength(2);
});

it("is not told to another request, to another caller, or to one that is no repetition", async () => {
  await givenLost();
  const other = `repeater-${(users += 1)}`;
  await givenCredits(world, other, "10");
  for (const [more, options] of [
    [{ model: SLOW, temperature: 1 }, tries(1)],
    [{ model: SLOW }, { ...tries(1), user: other }],
    [{ model: SLOW }, tries(0)],
  ] as const) {
    expect((await chat(world, more, options)).headers.get("idempotency-replayed")).toBeNull();
  }
  expect(await debitsOf(world, user)).toHaveLength(3);
});

it("is not told to a key that was revoked meanwhile, nor is anything run", async () => {
  const key = await givenKey(world, user);
  await givenLost(key.headers);
  const calls = world.provider.calls();
  expect((await world.call("DELETE", `/api/v1/users/me/keys/${key.id}`, { user })).status).toBe(204);
  const again = await chat(world, { model: SLOW }, { user: null, headers: { ...key.headers, "X-Stainless-Retry-Count": "1" } });
  expect([again.status, again.json.error?.code, again.headers.get("idempotency-replayed")]).toEqual([401, "invalid_api_key", null]);
  expect(world.provider.calls()).toBe(calls);
  await expect.poll(() => debitsOf(world, user)).toHaveLength(1);
});

it("that was read is answered anew, however often it is asked for", async () => {
  for (const count of [0, 1, 2]) expect((await chat(world, {}, tries(count))).headers.get("idempotency-replayed")).toBeNull();
  expect(await debitsOf(world, user)).toHaveLength(3);
});
