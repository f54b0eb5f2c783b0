// What a call may cost: the output limit is what the credits pay for, a refusal says everything in its message, a reader who leaves pays for
// the whole answer, and what a dead container held goes back.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { sweepTurns } from "@pantheon/core/ledger/statements/sweep-turns.ts";
import { givenCredits, givenEnforcement, givenModelAsked, givenPrice, modelsWith } from "../support/given.ts";
import { debitsOf, lapse, turnsOf, walletOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";
import { chat } from "./given.ts";

let world: TestWorld;
let users = 0;
let user: string;
const FAKES = ["fake-slow-700", "fake-drip-20", "fake-slow-60000"];
beforeAll(async () => {
  world = await testWorld({
    models: modelsWith(...FAKES),
    environment: { TOP_UP_URL: "https://app.example.com/top-up" },
    maxConnections: 40,
  });
  for (const name of FAKES) await givenPrice(world, name, "1");
  await givenEnforcement(world, true);
});
beforeEach(() => {
  user = `payer-${(users += 1)}`;
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

describe("the output limit", () => {
  it("is lowered to what the credits pay for, and the answer ends for its length", async () => {
    await givenCredits(world, user, "0.05"); // a token of answer costs 0.0001
    const answer = await chat(world, { max_tokens: 16_000 }, { user });
    expect(answer.status).toBe(200);
    const [turn] = await turnsOf(world, user);
    expect(world.provider.requests.at(-1)?.maxTokens).toBe(turn?.max_output_tokens);
    expect(turn?.max_output_tokens).toBeGreaterThanOrEqual(256);
    expect(turn?.max_output_tokens).toBeLessThanOrEqual(500);
    expect(Number(turn?.hold)).toBeLessThanOrEqual(0.05);
  });

  it("is a whole file's where nothing was said, and never more than the model gives", async () => {
    await givenCredits(world, user, "1000");
    await chat(world, {}, { user });
    expect(world.provider.requests.at(-1)?.maxTokens).toBe(16_384);
    await chat(world, { max_completion_tokens: 1_000_000 }, { user });
    expect(world.provider.requests.at(-1)?.maxTokens).toBe(16_384);
    await chat(world, { max_tokens: 5, max_completion_tokens: 7 }, { user });
    expect(world.provider.requests.at(-1)?.maxTokens).toBe(7);
  });

  it("is refused below 256 tokens, with everything in the message, and nothing is written", async () => {
    await givenCredits(world, user, "0.01");
    const answer = await chat(world, {}, { user });
    expect(answer.status).toBe(402);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("retry-after")).toBeNull();
    expect(answer.json).toEqual({
      error: {
        message: expect.stringMatching(
          /^Insufficient credits: this call needs 1\.63\d+, 0\.01 are available\. Top up at https:\/\/app\.example\.com\/top-up$/,
        ),
        type: "insufficient_quota",
        code: "insufficient_credits",
        param: null,
        metadata: expect.objectContaining({ available: "0.01", limit_source: "balance", affordable_output_tokens: expect.any(Number) }),
      },
    });
    expect(await turnsOf(world, user)).toEqual([]);
  });

  it("that other calls hold says that it is worth asking again", async () => {
    await givenCredits(world, user, "1.65");
    const { answer } = await givenModelAsked(world, () => chat(world, { model: "fake-slow-700" }, { user }));
    const second = await chat(world, { max_tokens: 16_000 }, { user });
    expect([second.status, second.headers.get("retry-after")]).toEqual([402, "5"]);
    expect(second.json.error.metadata.limit_source).toBe("in_flight");
    expect((await answer).status).toBe(200);
  });
});

test("twenty calls at once with one key are one call, and the others are told that it runs, or its answer", async () => {
  await givenCredits(world, user, "5");
  const answers = await Promise.all(Array.from({ length: 20 }, () => chat(world, { model: "fake-slow-700" }, { user, key: "once" })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
  expect(new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text)).size).toBe(1);
  expect(await debitsOf(world, user)).toHaveLength(1);
});

test("forty calls at once at the last credits hold no more than there is", async () => {
  await givenCredits(world, user, "0.2");
  const answers = await Promise.all(Array.from({ length: 40 }, () => chat(world, { model: "fake-slow-700", max_tokens: 400 }, { user })));
  const served = answers.filter(({ status }) => status === 200).length;
  expect(served).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status !== 200 && status !== 402)).toEqual([]);
  expect(Number((await walletOf(world, user)).balance)).toBeGreaterThanOrEqual(0);
});

test("a reader who leaves a stream pays for the whole answer, which is drained", async () => {
  await givenCredits(world, user, "5");
  const whole = await chat(world, { model: "fake-drip-20" }, { user });
  const token = await world.issuer.token({ user });
  const leaving = new AbortController();
  const response = await fetch(`${world.apiUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ model: "fake-drip-20", stream: true, messages: [{ role: "user", content: "What is a wallet?" }] }),
    signal: leaving.signal,
  });
  await response.body?.getReader().read();
  leaving.abort();
  await expect.poll(async () => (await debitsOf(world, user)).length, { timeout: 20_000 }).toBe(2);
  const [first, second] = await debitsOf(world, user);
  expect(second?.amount).toBe(first?.amount);
  expect(whole.status).toBe(200);
});

test("a call whose container died is swept, and its key runs again", async () => {
  await givenCredits(world, user, "5");
  const { answer } = await givenModelAsked(world, () => chat(world, { model: "fake-slow-700" }, { user, key: "again" }));
  await lapse(world, user); // as a container would leave it that died now
  await world.deps.db.run(sweepTurns, { wallet: user, actor: user });
  expect(await walletOf(world, user)).toMatchObject({ held: "0.00000000" });
  expect((await answer).status).toBe(503); // it was given up: nothing was charged
  const again = await chat(world, { model: "fake-slow-700" }, { user, key: "again" });
  expect(again.status).toBe(200);
  expect(await debitsOf(world, user)).toHaveLength(1);
  expect(await turnsOf(world, user)).toMatchObject([{ attempt: 2, status: "completed" }]);
});
