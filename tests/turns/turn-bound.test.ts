// CREDIT_OVERDRAFT=none is a promise: whatever the text and whatever the provider counts, an enforced wallet does not end below zero.

import { afterEach, expect, test } from "vitest";
import { amount, format } from "@pantheon/contract/money.ts";
import { tokenBound } from "@pantheon/core/metering/token-bound.ts";
import { givenCredits, givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { eventsOf, turnsOf, walletOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

/** One character, three octets, eighteen characters in NFKC, and five tokens for a published tokenizer. */
const LIGATURE = "\uFDFA";
const SIGNS = 8_000;
const TOKENS = 5 * SIGNS;

let world: TestWorld;
afterEach(() => world.end());

async function givenStrictWorld(...names: string[]): Promise<void> {
  world = await testWorld({
    environment: { CREDIT_ENFORCEMENT_ENABLED: "true", CREDIT_OVERDRAFT: "none" },
    models: modelsWith(...names),
  });
  for (const name of names) await givenPrice(world, name, "1");
}

test("a sign that is five tokens in three octets is held for in full: 8 000 of them end at zero or above, and nothing is given away", async () => {
  await givenStrictWorld(`fake-input-${TOKENS}`);
  const session = await givenSession(world, "ada", { model_alias: `fake-input-${TOKENS}`, system_prompt: LIGATURE.repeat(10) });
  await givenCredits(world, "ada", "0.9");
  expect((await runTurn(world, session, { message: LIGATURE.repeat(SIGNS), maxOutputTokens: 100 })).status).toBe(402);

  await givenCredits(world, "ada", "15");
  const answer = await runTurn(world, session, { message: LIGATURE.repeat(SIGNS), maxOutputTokens: 100 });
  expect(answer.status).toBe(201);
  const exact = amount(String(TOKENS))
    .times(amount("0.35"))
    .plus(amount(String(answer.json.usage.output_tokens)))
    .div(amount("10000"));
  expect(answer.json.credits_charged).toBe(format(exact));
  expect(Number((await walletOf(world)).balance)).toBeGreaterThanOrEqual(0);

  // In the next turn's history it is held for too.
  const next = await runTurn(world, session, { message: "And?", maxOutputTokens: 100 });
  expect(next.status).toBe(201);
  expect((await turnsOf(world)).map(({ over_hold }) => over_hold)).toEqual([false, false]);
  expect(Number((await turnsOf(world)).at(-1)?.hold)).toBeGreaterThan(Number(exact.toFixed()));
  expect(world.log.counted("absorbed_over_hold")).toBe(0);
});

test("what a call uses above its hold is the house's: the charge is the hold, its row recomputes, and it is counted", async () => {
  await givenStrictWorld("fake-usage-above-hold");
  const session = await givenSession(world, "ada", { model_alias: "fake-usage-above-hold" });
  await givenCredits(world, "ada", "0.02");
  const answer = await runTurn(world, session, { maxOutputTokens: 100 });
  expect(answer.status).toBe(201);
  const [[turn], [event]] = [await turnsOf(world), await eventsOf(world)];
  expect([event?.credits_charged, turn?.over_hold]).toEqual([turn?.hold, false]);
  expect(Number(event?.credits_absorbed)).toBeGreaterThan(1.9);
  expect(event?.output_tokens).toBe("20000");
  expect(Number((await walletOf(world)).balance)).toBeGreaterThanOrEqual(0);
  expect(world.log.counted("absorbed_over_hold")).toBe(1);

  const { json } = await world.call("GET", "/api/v1/users/me/transactions");
  const debit = json.transactions.find(({ kind }: { kind: string }) => kind === "debit");
  const receipt = (await world.call("GET", `/api/v1/users/me/transactions/${debit.id}/receipt`)).json;
  const charged = answer.json.credits_charged;
  expect(receipt).toMatchObject({
    matches: true,
    total: charged,
    lines: [{ matches: true, recomputed: charged, credits_charged: charged }],
  });
  expect(receipt.lines[0].arithmetic).toMatch(/ − [0-9.]+ = /);
  expect(Number(answer.json.credits_burned)).toBeCloseTo(Number(charged), 3);
});

test("a bound that an earlier version has not kept is measured again by the database, and is the same", async () => {
  await givenStrictWorld();
  const session = await givenSession(world, "ada", { system_prompt: `é ${LIGATURE}` });
  await givenCredits(world, "ada", "100");
  const texts = ["ascii", "слово", "e\u0301".repeat(50), LIGATURE.repeat(100), "①㍿ﬁ", "한국어"];
  for (const message of texts) expect((await runTurn(world, session, { message, maxOutputTokens: 50 })).status).toBe(201);
  await runTurn(world, session, { message: "And?", maxOutputTokens: 50 });
  const kept = (await turnsOf(world)).at(-1);
  expect(Number(kept?.text_bound)).toBe(tokenBound("And?") + tokenBound(kept?.assistant_output ?? ""));
  const before = await refusedCost(session);
  await world.owner.query.updateTable("turns").set({ text_bound: null }).execute();
  expect(await refusedCost(session)).toBe(before);
});

/** What a turn that nobody can afford would hold. */
async function refusedCost(session: string): Promise<string> {
  const multiplier = "100";
  await givenPrice(world, "default", multiplier);
  await world.owner.query
    .updateTable("runtime_settings")
    .set((column) => ({ revision: column("revision", "+", "1") }))
    .execute();
  const refused = await runTurn(world, session, { message: "Dear?", maxOutputTokens: 8_192, fit: false });
  expect(refused.status).toBe(402);
  return refused.json.hold;
}
