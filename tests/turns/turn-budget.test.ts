// A turn that is fitted to its wallet: the output limit is what the locked wallet affords, down to the least, and never a credit more.

import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterEach, expect, test } from "vitest";
import { amount, format } from "@pantheon/contract/money.ts";
import { reopenTurn } from "@pantheon/core/ledger/statements/reopen-turn.ts";
import { givenContainer } from "../support/container.ts";
import { gateInput, openDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenEnforcement, givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { eventsOf, lapse, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { streamed, textOf } from "../support/streamed-turn.ts";
import { watchServer } from "../support/server-watch.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const STRICT = { CREDIT_ENFORCEMENT_ENABLED: "true", CREDIT_OVERDRAFT: "none" };
const LENIENT = { CREDIT_ENFORCEMENT_ENABLED: "true", CREDIT_OVERDRAFT: "one_turn" };
const LEAST = 64;

let world: TestWorld;
afterEach(() => world.end());

/** 17 octets of message and 3 × 16 around it, and an eighth more: 74 tokens, of which each weighs 0.35. */
const INPUT_OE = "25.9";

/** Credits for exactly so many output tokens beside the message, at a multiplier of 1. */
function creditsFor(tokens: number): string {
  return format(
    amount(INPUT_OE)
      .plus(amount(String(tokens)))
      .div(amount("10000")),
  );
}

test.each([
  ["under CREDIT_OVERDRAFT=none", STRICT, undefined],
  ["when the request asks for it", LENIENT, true],
])(
  "%s the output limit is what the wallet affords, told before the answer, and the hold is within the wallet",
  async (_name, environment, fit) => {
    world = await testWorld({ environment });
    const session = await givenSession(world);
    await givenCredits(world, "ada", creditsFor(100));
    const stream = await streamed(world, world.deps, session, { user: "ada", ...(fit !== undefined && { more: { fit_to_balance: fit } }) });
    expect(await stream.next()).toMatchObject({ type: "turn_started", max_output_tokens: 100, hold: creditsFor(100) });
    expect((await stream.rest()).at(-1)).toMatchObject({ type: "done", max_output_tokens: 100, finish_reason: "stop" });
    expect(world.provider.requests.at(-1)).toMatchObject({ maxTokens: 100 });
    expect(await turnsOf(world)).toMatchObject([{ max_output_tokens: 100, over_hold: false }]);
    expect(Number((await walletOf(world)).balance)).toBeGreaterThanOrEqual(0);
  },
);

test("the least is admitted to the credit, and a hundred-millionth less is a 402 that says so", async () => {
  world = await testWorld({ environment: STRICT });
  const session = await givenSession(world);
  const least = amount(creditsFor(LEAST));
  await givenCredits(world, "ada", format(least.minus(amount("0.00000001"))));
  const refused = await runTurn(world, session);
  expect(refused).toMatchObject({ status: 402, json: { code: "insufficient_credits", affordable_output_tokens: LEAST - 1 } });
  expect(world.provider.calls()).toBe(0);
  await givenCredits(world, "ada", "0.00000001");
  expect(await runTurn(world, session)).toMatchObject({ status: 201, json: { max_output_tokens: LEAST } });
});

test("whoever asks for fewer tokens than the least is fitted to no less than that", async () => {
  world = await testWorld({ environment: STRICT });
  const session = await givenSession(world);
  await givenCredits(world, "ada", creditsFor(10));
  expect((await runTurn(world, session, { maxOutputTokens: 11 })).status).toBe(402);
  expect(await runTurn(world, session, { maxOutputTokens: 10 })).toMatchObject({ status: 201, json: { max_output_tokens: 10 } });
});

test("fit_to_balance: false asks for all or nothing, and without enforcement nothing is limited", async () => {
  world = await testWorld({ environment: STRICT });
  const session = await givenSession(world);
  await givenCredits(world, "ada", creditsFor(100));
  expect(await runTurn(world, session, { fit: false })).toMatchObject({ status: 402, json: { affordable_output_tokens: 100 } });
  await givenEnforcement(world, false);
  expect(await runTurn(world, session, { fit: true })).toMatchObject({ status: 201, json: { max_output_tokens: 2048 } });
});

test("an answer that meets the limit of its wallet ends with finish_reason budget; one that meets its own limit does not", async () => {
  world = await testWorld({ environment: STRICT });
  const session = await givenSession(world);
  const message = "🎈".repeat(60); // the stand-in says it again, which is longer than the least
  await givenCredits(world, "ada", "0.01774"); // (324 × 0.35 + 64) ÷ 10 000
  const answer = await runTurn(world, session, { message });
  expect(answer).toMatchObject({ status: 201, json: { finish_reason: "budget", max_output_tokens: LEAST, usage: { estimated: false } } });
  await givenCredits(world, "ada", "1");
  expect(await runTurn(world, session, { message, maxOutputTokens: LEAST })).toMatchObject({ json: { finish_reason: "length" } });
});

// The stand-in sends a text that is wished for whole, as a provider does that ignores its limit.
test.each(["stream", "json"])(
  "an answer that goes on beyond its hold is ended (%s): budget, settled, and never above the hold",
  async (how) => {
    world = await testWorld({ environment: STRICT, models: modelsWith("fake-big-1000000") });
    await givenPrice(world, "fake-big-1000000", "1");
    const session = await givenSession(world, "ada", { model_alias: "fake-big-1000000" });
    await givenCredits(world, "ada", creditsFor(100));
    let done: Json;
    if (how === "json") done = (await runTurn(world, session)).json;
    else {
      const events = await (await streamed(world, world.deps, session, { user: "ada" })).rest();
      done = events.at(-1);
      expect(done.assistant_output).toBe(textOf(events));
    }
    expect(done).toMatchObject({ finish_reason: "budget", status: "completed", usage: { estimated: true, output_tokens: 100 } });
    expect(done.assistant_output.length).toBeLessThan(100_000);
    expect(await eventsOf(world)).toMatchObject([{ status: "partial", usage_source: "estimated" }]);
    const { balance, held } = await walletOf(world);
    expect([Number(balance) >= 0, held]).toEqual([true, "0.00000000"]);
  },
);

// Whoever decides before the lock what a wallet affords gives the same credits to each of them.
test("40 turns that two containers fit to one small wallet at once hold no more than there is, whatever each of them got", async () => {
  world = await testWorld({ environment: STRICT, maxConnections: 20 });
  const other = givenContainer(world, { config: STRICT_CONFIG, maxConnections: 20 });
  const sessions = await Promise.all(Array.from({ length: 40 }, () => givenSession(world)));
  await givenCredits(world, "ada", creditsFor(1_000));
  world.provider.behave("openai/gpt-4o-mini", "fake-slow-300");
  const server = await watchServer(world.databaseUrl);
  const lookout = server.lookout();
  const letGo = await lockedWallet();
  const racing = Promise.all(sessions.map((session, index) => (index % 2 === 0 ? runTurn(world, session) : other.turn(session))));
  while (lookout.seen.waiting < 20) await sleep(5);
  await letGo();
  const answers = await racing;
  await lookout.stop();
  await server.end();
  await other.close();
  const ran = answers.filter(({ status }) => status === 201);
  expect(ran.length).toBeGreaterThan(0);
  expect(ran.length + answers.filter(({ status }) => status === 402).length).toBe(40);
  const holds = (await turnsOf(world)).reduce((sum, { hold }) => sum.plus(amount(hold)), amount("0"));
  expect(holds.gt(amount("0"))).toBe(true);
  expect(Number((await walletOf(world)).balance)).toBeGreaterThanOrEqual(0);
  expect(world.log.counted("absorbed_over_hold")).toBe(0);
});

/** Keeps ada's wallet locked until it is let go. */
async function lockedWallet(): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  await client.query("begin");
  await client.query("select from credit_wallets where user_id = 'ada' for update");
  return () => client.end();
}

const STRICT_CONFIG = { enforcementDefault: true, overdraft: "none" } as const;

test("a turn that is taken over is fitted anew, and what its first attempt held counts as available to it", async () => {
  world = await testWorld({ environment: STRICT });
  const session = await givenSession(world);
  await givenCredits(world, "ada", creditsFor(100));
  const strict = { maxOutputTokens: 2_048, coverInFull: true, fitsToBalance: true, enforcedByDefault: true };
  const whose = { user: "ada", session };
  const first = await openDirectly(world, whose, strict);
  expect([first.max_output_tokens, first.hold]).toEqual([100, "0.01259000"]);
  await lapse(world);
  const again = gateInput(await world.deps.catalog.current(), whose, { ...strict, turn: first.turn ?? "" });
  const [second] = await world.deps.db.run(reopenTurn, again);
  expect(second).toMatchObject({ turn: first.turn, attempt: 2, max_output_tokens: 100, hold: first.hold });
  expect((await walletOf(world)).held).toBe(first.hold);
});

test("a 402 names the cheaper aliases that would run on these credits, the cheapest first, with what they would hold", async () => {
  world = await testWorld({ environment: STRICT });
  const session = await givenSession(world, "ada", { model_alias: "gpt-4o" });
  await givenCredits(world, "ada", creditsFor(LEAST)); // of the multiplier 1; gpt-4o is at 2
  const before = await pictureOf(world);
  const refused = await runTurn(world, session);
  expect(refused.status).toBe(402);
  const cheaper: Json[] = refused.json.cheaper_aliases;
  expect(cheaper.map(({ model_alias }) => model_alias)).toEqual(["deepseek", "claude-haiku", "gemini-flash", "default", "gpt-4o-mini"]);
  expect(cheaper.at(-1)).toEqual({ model_alias: "gpt-4o-mini", estimated_cost: creditsFor(LEAST), affordable_output_tokens: LEAST });
  expect(await pictureOf(world)).toBe(before);
  for (const { model_alias: alias, affordable_output_tokens: tokens, estimated_cost: cost } of cheaper) {
    const { status, json } = await runTurn(world, await givenSession(world), { alias, fit: true });
    expect([status, json.max_output_tokens]).toEqual([201, tokens]);
    expect(format(amount((await turnsOf(world)).at(-1)?.hold ?? "0"))).toBe(cost);
    await givenCredits(world, "ada", json.credits_charged);
  }
});
