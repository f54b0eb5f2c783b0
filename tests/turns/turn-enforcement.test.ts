// What an empty wallet means: nothing is blocked while enforcement is off, and nothing runs unpaid while it is on.

import { afterEach, expect, test } from "vitest";
import { amount, format, roundHalfUp, sum, type Amount } from "@pantheon/contract/money.ts";
import { givenContainer } from "../support/container.ts";
import { openDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenEnforcement, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, pictureOf, rollupOf, turnsOf, walletOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const DETAIL = "Insufficient credits. Please top up your account.";

let world: TestWorld;
afterEach(() => world.end());

test("off, a turn on an empty wallet runs: low balance, below zero, and counted as one that would have been refused", async () => {
  world = await testWorld();
  const session = await givenSession(world);
  const { status, json: turn } = await runTurn(world, session);
  expect(status).toBe(201);
  expect(turn).toMatchObject({ low_balance: true, balance_after: `-${turn.credits_charged}` });
  expect((await walletOf(world)).balance).toMatch(/^-0\.00\d+$/);
  expect(await turnsOf(world)).toMatchObject([{ would_refuse: true }]);
  expect(await rollupOf(world)).toEqual({ calls: 1, refused: 1 });

  await givenCredits(world, "ada", "20");
  expect((await runTurn(world, session)).json.low_balance).toBe(false);
  expect((await turnsOf(world)).map((each) => each.would_refuse)).toEqual([true, false]);
  expect(await rollupOf(world)).toEqual({ calls: 2, refused: 1 });
});

test("low balance begins below the threshold, not at it", async () => {
  world = await testWorld({ environment: { LOW_BALANCE_THRESHOLD: "5" } });
  const session = await givenSession(world);
  await givenCredits(world, "ada", "5");
  world.provider.behave("openai/gpt-4o-mini", "fake-usage-zero");
  expect((await runTurn(world, session)).json).toMatchObject({ balance_after: "5", low_balance: false });
  world.provider.behave("openai/gpt-4o-mini", null);
  expect((await runTurn(world, session)).json).toMatchObject({ low_balance: true });
});

// The figures are the locked row's; 8 octets of message and 3 × 16 around it are 16.25 → 17 tokens estimated in.
test("on, a turn on an empty wallet is a 402 with its figures: no model call, nothing written", async () => {
  world = await testWorld({ environment: { CREDIT_ENFORCEMENT_ENABLED: "true", TOP_UP_URL: "https://example.com/top-up" } });
  const session = await givenSession(world);
  const before = await pictureOf(world);
  const refused = await runTurn(world, session, { maxOutputTokens: 100 });
  expect(refused.status).toBe(402);
  expect(refused.headers.get("content-type")).toContain("application/problem+json");
  expect(refused.json).toEqual({
    type: expect.any(String),
    title: expect.any(String),
    status: 402,
    detail: DETAIL,
    code: "insufficient_credits",
    request_id: refused.headers.get("X-Request-Id"),
    balance: "0",
    held: "0",
    available: "0",
    hold: "0.010595",
    estimated_cost: "0.010595", // nothing is known but the hold: (17 × 0.35 + 100) ÷ 10 000
    top_up_url: "https://example.com/top-up",
    affordable_output_tokens: 0,
    cheaper_aliases: [],
  });
  expect(await pictureOf(world)).toBe(before);
  expect(world.provider.calls()).toBe(0);
  expect(await rollupOf(world)).toEqual({ calls: 0, refused: 0 });
});

test("on, what another running turn holds is not available", async () => {
  world = await testWorld({ environment: { CREDIT_ENFORCEMENT_ENABLED: "true" } });
  const [busy, free] = [await givenSession(world), await givenSession(world)];
  await givenCredits(world, "ada", "0.01");
  const opened = await openDirectly(world, { user: "ada", session: busy }, { enforcedByDefault: true });
  const refused = await runTurn(world, free);
  expect(refused).toMatchObject({
    status: 402,
    json: { balance: "0.01", held: "0.010595", available: "-0.000595", top_up_url: `${world.apiUrl}/pay` },
  });
  await world.owner.query
    .updateTable("turns")
    .set({ lease_until: new Date(0) })
    .where("id", "=", opened.turn)
    .execute();
  expect((await runTurn(world, free)).status).toBe(201);
});

test("a 402 says what such a turn has cost its person lately, beside what it would hold", async () => {
  world = await testWorld();
  const [ada, bob] = [await givenSession(world, "ada"), await givenSession(world, "bob")];
  const charges: Amount[] = [];
  for (const message of ["One?", "Another, and a longer one?"]) {
    charges.push(amount((await runTurn(world, ada, { message })).json.credits_charged));
  }
  await runTurn(world, ada, { alias: "gpt-4o" });
  await givenEnforcement(world, true);
  const refused = (await runTurn(world, ada, { maxOutputTokens: 8_192 })).json;
  const usual = format(roundHalfUp(sum(charges).div(amount("2")), 8));
  expect([refused.code, refused.estimated_cost]).toEqual(["insufficient_credits", usual]);
  expect(Number(refused.hold)).toBeGreaterThan(0.8);
  const stranger = (await runTurn(world, bob, { user: "bob", maxOutputTokens: 8_192 })).json;
  expect([stranger.code, stranger.estimated_cost]).toEqual(["insufficient_credits", stranger.hold]);
});

test("on, the smallest credit lets one turn in, and its debit may go below zero by no more than its hold", async () => {
  world = await testWorld({ environment: { CREDIT_ENFORCEMENT_ENABLED: "true" } });
  const session = await givenSession(world);
  await givenCredits(world, "ada", "0.00000001");
  expect((await runTurn(world, session)).status).toBe(201);
  const [turn] = await turnsOf(world);
  const { balance } = await walletOf(world);
  expect(Number(balance)).toBeLessThan(0);
  expect(Number(balance)).toBeGreaterThan(-Number(turn?.hold));
  expect((await runTurn(world, session)).status).toBe(402);
  expect(await debitsOf(world)).toHaveLength(1);
});

test("the admin's override beats the environment both ways, in every container, and without one the environment counts", async () => {
  world = await testWorld({ environment: { CREDIT_ENFORCEMENT_ENABLED: "true" } });
  const lenient = givenContainer(world, { config: { enforcementDefault: false } });
  const session = await givenSession(world);
  const both = async () => [(await runTurn(world, session)).status, (await lenient.turn(session)).status];
  try {
    expect(await both()).toEqual([402, 201]);
    await givenEnforcement(world, false);
    expect(await both()).toEqual([201, 201]);
    await givenEnforcement(world, true);
    expect(await both()).toEqual([402, 402]);
    await givenEnforcement(world, null);
    expect(await both()).toEqual([402, 201]);
  } finally {
    await lenient.close();
  }
});

test("under CREDIT_OVERDRAFT=none the 402 says how many output tokens are affordable: so many are admitted, one more is not", async () => {
  world = await testWorld({ environment: { CREDIT_ENFORCEMENT_ENABLED: "true", CREDIT_OVERDRAFT: "none" } });
  const session = await givenSession(world);
  await givenCredits(world, "ada", "0.05");
  for (const alias of ["default", "claude-sonnet", "gemini-flash", "deepseek"]) {
    const refused = await runTurn(world, session, { alias, maxOutputTokens: 8_000, fit: false });
    expect(refused.status).toBe(402);
    const affordable = refused.json.affordable_output_tokens;
    expect(affordable).toBeGreaterThan(0);
    expect((await runTurn(world, session, { alias, maxOutputTokens: affordable + 1, fit: false })).status).toBe(402);
    expect((await runTurn(world, session, { alias, maxOutputTokens: affordable, fit: false })).status).toBe(201);
  }
  expect(Number((await walletOf(world)).balance)).toBeGreaterThanOrEqual(0);
});

test("under CREDIT_OVERDRAFT=none a wallet that does not even cover the input affords 0 output tokens", async () => {
  world = await testWorld({ environment: { CREDIT_ENFORCEMENT_ENABLED: "true", CREDIT_OVERDRAFT: "none" } });
  const session = await givenSession(world);
  await givenCredits(world, "ada", "0.0001");
  const refused = await runTurn(world, session, { maxOutputTokens: 1 });
  expect(refused).toMatchObject({ status: 402, json: { detail: DETAIL, available: "0.0001", affordable_output_tokens: 0 } });
});
