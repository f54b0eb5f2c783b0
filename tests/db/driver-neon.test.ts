// The money path through Neon's own driver, unmodified, over WebSockets: the same answers, the same refusals, the same ledger.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../support/postgres.ts";
import { givenCredits, givenEnforcement, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { watchServer } from "../support/server-watch.ts";
import { testWorld, type TestWorld } from "../support/world.ts";
import { wsBridge, type WsBridge } from "../support/ws-bridge.ts";

let world: TestWorld;
let bridge: WsBridge;
beforeAll(async () => {
  const database = await freshDatabase(); // every database of a run is on the same server, and the driver names the one it wants
  bridge = await wsBridge(database.url);
  await database.drop();
  world = await testWorld({ driver: "neon", maxConnections: 20 });
});
afterEach(async () => {
  await givenEnforcement(world, null);
  await world.assertLedger();
});
afterAll(async () => {
  await world.end();
  await bridge.close();
});

test("a turn is charged, replayed byte for byte and listed", async () => {
  const session = await givenSession(world);
  await givenCredits(world, "ada", "10");
  const first = await runTurn(world, session, { key: "k" });
  expect(first).toMatchObject({ status: 201, json: { turn_index: 1, credits_charged: "0.003475", balance_after: "9.996525" } });
  const again = await runTurn(world, session, { key: "k" });
  expect(again.headers.get("Idempotency-Replayed")).toBe("true");
  expect(again.text).toBe(first.text);
  expect(await debitsOf(world)).toMatchObject([{ amount: "-0.00347500", reference_id: first.json.id }]);
  expect((await world.call("GET", `/api/v1/sessions/${session}/turns`)).json.turns).toEqual([first.json]);
  expect(bridge.opened()).toBeGreaterThan(0);
});

test("an empty wallet under enforcement is a 402 and writes nothing", async () => {
  const session = await givenSession(world, "poor");
  await givenEnforcement(world, true);
  const before = await pictureOf(world);
  const refused = await runTurn(world, session, { user: "poor", maxOutputTokens: 100 });
  expect(refused).toMatchObject({ status: 402, json: { balance: "0", available: "0", hold: "0.010595" } });
  expect(await pictureOf(world)).toBe(before);
});

test("40 turns at once over many connections are charged once each; 20 in one session and 20 under one key are one at a time", async () => {
  const user = "crowd";
  const [busy, keyed] = [await givenSession(world, user), await givenSession(world, user)];
  const own = await Promise.all(Array.from({ length: 40 }, () => givenSession(world, user)));
  const [alone, together, once] = await Promise.all([
    Promise.all(own.map((session) => runTurn(world, session, { user }))),
    Promise.all(Array.from({ length: 20 }, () => runTurn(world, busy, { user }))),
    Promise.all(Array.from({ length: 20 }, () => runTurn(world, keyed, { user, key: "k" }))),
  ]);
  expect(alone.map(({ status }) => status)).toEqual(own.map(() => 201));
  for (const { status, json } of together) expect(status === 201 || json.code === "session_busy").toBe(true);
  expect(new Set(once.filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1);
  for (const { status, json } of once) expect(status === 201 || json.code === "idempotency_in_progress").toBe(true);
  const completed = (await turnsOf(world, user)).filter((turn) => turn.status === "completed");
  expect(completed).toHaveLength(40 + together.filter(({ status }) => status === 201).length + 1);
  expect(await debitsOf(world, user)).toHaveLength(completed.length);
  expect((await walletOf(world, user)).held).toBe("0.00000000");
});

test("killed connections end as refusals or second tries, never as a dead process, and later turns run", async () => {
  const user = "unlucky";
  const sessions = await Promise.all(Array.from({ length: 10 }, () => givenSession(world, user)));
  const server = await watchServer(world.databaseUrl);
  world.provider.behave("openai/gpt-4o-mini", "fake-slow-100");
  const running = sessions.map((session) => runTurn(world, session, { user }));
  while (world.provider.inFlight() === 0) await new Promise(setImmediate);
  expect(await server.killBackends()).toBeGreaterThan(0);
  await server.end();
  for (const { status } of await Promise.all(running)) expect([201, 503]).toContain(status);
  world.provider.behave("openai/gpt-4o-mini", null);
  expect((await runTurn(world, await givenSession(world, user), { user })).status).toBe(201);
});
