// A change of price or setting binds the very next turn, here and in another OS process, and never a turn that is done.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { givenCredits, givenEnforcement, givenModelAsked, givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf, pictureOf, turnsOf } from "../support/ledger.ts";
import { givenSecondProcess, type SecondProcess } from "../support/second-process.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
let other: SecondProcess;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld({ models: modelsWith(MODEL, "added-later") });
  other = await givenSecondProcess(world);
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  await givenCredits(world, user, "10");
  await runTurn(world, session, { user, maxOutputTokens: 100 }); // both processes know the catalogue before anything changes
  await other.turn({ session, user, message: "Warm up." });
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await givenPrice(world, "default", "1");
  await givenEnforcement(world, null);
  await world.assertLedger();
});
afterAll(async () => {
  await other.end();
  await world.end();
});

// A catalogue with a time to live, or a revision that is not compared, runs these turns at the old price.
test("a changed price binds the very next turn and its hold, in this process and in another", async () => {
  await givenPrice(world, "default", "3");
  await runTurn(world, session, { user, maxOutputTokens: 100 });
  await givenPrice(world, "default", "5");
  expect(await other.turn({ session, user, message: "What is a wallet?" })).toMatchObject({ ok: true });
  await runTurn(world, session, { user, maxOutputTokens: 100 });

  const [, , here, there, again] = await turnsOf(world, user);
  const events = await eventsOf(world, user);
  expect(events.map((event) => event.multiplier)).toEqual(["1.0000", "1.0000", "3.0000", "5.0000", "5.0000"]);
  expect(events.map((event) => event.pricing_revision)).toEqual(
    [here, here, here, there, again].map((turn, index) => (index < 2 ? events[0]?.pricing_revision : turn?.pricing_revision)),
  );
  // 100 output tokens alone hold 0.01 × multiplier.
  expect(Number(here?.hold)).toBeGreaterThan(0.03);
  expect(Number(here?.hold)).toBeLessThan(0.05);
  expect(Number(there?.hold)).toBeGreaterThan(0.05);
  expect(Number(again?.hold)).toBeGreaterThan(0.05);
});

test("a turn that is done keeps its price: its event, its receipt, its usage", async () => {
  await givenPrice(world, "default", "9");
  const [debit] = await debitsOf(world, user);
  const receipt = await world.call("GET", `/api/v1/users/me/transactions/${debit?.id}/receipt`, { user });
  expect(receipt.json).toMatchObject({ matches: true, lines: [{ multiplier: "1", matches: true }] });
  const usage = await world.call("GET", "/api/v1/users/me/usage", { user });
  expect(usage.json.events).toMatchObject([{ multiplier: "1" }, { multiplier: "1" }]);
});

test("a price that changes while the model answers does not touch that turn: it costs what it held at", async () => {
  world.provider.behave(MODEL, "fake-slow-300");
  const running = await givenModelAsked(world, () => runTurn(world, session, { user }));
  await givenPrice(world, "default", "4");
  expect((await running.answer).json).toMatchObject({ status: "completed", multiplier: "1" });
  world.provider.behave(MODEL, null);
  expect((await runTurn(world, session, { user })).json.multiplier).toBe("4");
});

test("an alias that is unknown is refused without a model call and without a row, and runs without a restart once it has a price", async () => {
  const before = await pictureOf(world);
  const calls = world.provider.calls();
  for (const alias of ["added-later", "never-heard-of", "constructor", "__proto__"]) {
    expect(await runTurn(world, session, { user, alias })).toMatchObject({ status: 422, json: { code: "unknown_model_alias" } });
  }
  expect(await other.turn({ session, user, message: "Hello?", alias: "added-later" })).toEqual({ ok: false, code: "unknown_model_alias" });
  expect(await pictureOf(world)).toBe(before);
  expect(world.provider.calls()).toBe(calls);

  await givenPrice(world, "added-later", "0.25");
  expect((await runTurn(world, session, { user, alias: "added-later" })).json).toMatchObject({
    multiplier: "0.25",
    model_alias_used: "added-later",
  });
  expect(await other.turn({ session, user, message: "Hello?", alias: "added-later" })).toMatchObject({ ok: true });
});

test("an alias with a price but no model behind it is refused like an unknown one", async () => {
  await givenPrice(world, "priced-only", "1");
  expect(await runTurn(world, session, { user, alias: "priced-only" })).toMatchObject({
    status: 422,
    json: { code: "unknown_model_alias" },
  });
});

test("the admin's switch of enforcement binds the very next request in every process", async () => {
  const empty = `${user}-empty`;
  const place = await givenSession(world, empty);
  const both = async () => [
    (await runTurn(world, place, { user: empty })).status,
    await other.turn({ session: place, user: empty, message: "Hello?" }),
  ];
  expect(await both()).toMatchObject([201, { ok: true }]);
  await givenEnforcement(world, true);
  expect(await both()).toEqual([402, { ok: false, code: "insufficient_credits" }]);
  await givenEnforcement(world, false);
  expect(await both()).toMatchObject([201, { ok: true }]);
});
