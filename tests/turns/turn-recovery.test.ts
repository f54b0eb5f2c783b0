// What dies, lapses or loses its connection: holds come back, a lost reply charges once, a zombie charges nothing, the process lives.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { farWorld, type FarWorld } from "../support/far-world.ts";
import { openDirectly } from "../support/direct-turn.ts";
import { givenNoRefusedWrite, givenRefusedWrite } from "../support/fault-trigger.ts";
import { givenCredits, givenEnforcement, givenModelAsked, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf, lapse, turnsOf, walletOf } from "../support/ledger.ts";
import { watchServer } from "../support/server-watch.ts";
import type { Answer } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: FarWorld["world"];
let proxy: FarWorld["proxy"];
let far: FarWorld["far"];
let end: FarWorld["end"];
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  ({ world, proxy, far, end } = await farWorld());
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  await givenCredits(world, user, "10");
  await far.deps.catalog.current(); // so that the next statement on a new connection is the turn's own
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await givenEnforcement(world, null);
  await givenNoRefusedWrite(world);
  await world.assertLedger();
});
afterAll(() => end());

/** A completed turn, debited once, and nothing held. */
async function expectOneDebit(answer: Answer): Promise<void> {
  expect(answer.status).toBe(201);
  const completed = (await turnsOf(world, user)).filter((turn) => turn.status === "completed");
  expect(completed).toMatchObject([{ id: answer.json.id, response_body: answer.text }]);
  expect(await debitsOf(world, user)).toMatchObject([{ reference_id: answer.json.id }]);
  expect(await eventsOf(world, user)).toHaveLength(1);
  expect((await walletOf(world, user)).held).toBe("0.00000000");
}

test("a lapsed turn that keeps its session busy is voided by the next request, one that still has its lease is not", async () => {
  const dead = await openDirectly(world, { user, session });
  expect(await runTurn(world, session, { user })).toMatchObject({ status: 409, json: { code: "session_busy" } });
  await lapse(world, user);
  await expectOneDebit(await runTurn(world, session, { user }));
  expect((await turnsOf(world, user))[0]).toMatchObject({ id: dead.turn, status: "failed", failure_code: "lapsed", turn_index: null });
});

test("a lapsed turn that keeps its session busy is voided too when the next request runs a failed key again", async () => {
  world.provider.behave(MODEL, "fake-400");
  expect((await runTurn(world, session, { user, key: "failed" })).status).toBe(502);
  world.provider.behave(MODEL, null);
  await openDirectly(world, { user, session });
  expect(await runTurn(world, session, { user, key: "failed" })).toMatchObject({ status: 409, json: { code: "session_busy" } });
  await lapse(world, user);
  await expectOneDebit(await runTurn(world, session, { user, key: "failed" }));
});

test("lapsed turns that stand between a user and their credits are voided by the request that would have met a 402", async () => {
  await givenEnforcement(world, true);
  for (let index = 0; index < 3; index += 1) {
    await openDirectly(world, { user, session: await givenSession(world, user) }, { maxOutputTokens: 40_000 });
  }
  expect(await runTurn(world, session, { user })).toMatchObject({ status: 402, json: { balance: "10", available: "-2.001785" } });
  await lapse(world, user);
  await expectOneDebit(await runTurn(world, session, { user }));
  expect((await turnsOf(world, user)).filter((turn) => turn.failure_code === "lapsed")).toHaveLength(3);
});

// Deciding by the error would settle, or give up, twice.
test("a settle whose reply is lost charges once, and the answer is the stored one", async () => {
  proxy.cut("after", "settle_turn");
  const answer = await far.turn(session, { user, key: "k" });
  await expectOneDebit(answer);
  expect((await runTurn(world, session, { user, key: "k" })).text).toBe(answer.text);
  expect(far.log.counted("lost_revenue")).toBe(0);
});

test("a settle whose reply is lost again and again charges once", async () => {
  const cuts = proxy.cuts();
  proxy.cut("after", "settle_turn", 3);
  await expectOneDebit(await far.turn(session, { user }));
  expect(proxy.cuts() - cuts).toBeGreaterThan(0);
  proxy.cut("after", "settle_turn", 0);
});

test("an open whose reply is lost is taken over by its own claim: one turn, one model call, one debit", async () => {
  const calls = world.provider.calls();
  proxy.cut("after", "open_turn");
  await expectOneDebit(await far.turn(session, { user }));
  expect(world.provider.calls() - calls).toBe(1);
  expect(await turnsOf(world, user)).toMatchObject([{ attempt: 2, turn_index: 1 }]);
});

test("an open with a key, whose reply and whose takeover's reply are both lost, still runs once", async () => {
  const calls = world.provider.calls();
  proxy.cut("after", "open_turn");
  const first = far.turn(session, { user, key: "k" });
  while ((await turnsOf(world, user)).length === 0) await sleep(1);
  proxy.cut("after", "reopen_turn");
  await expectOneDebit(await first);
  expect(world.provider.calls() - calls).toBe(1);
  proxy.cut("after", "reopen_turn", 0);
});

test.each(["open_turn", "settle_turn"])(
  "a connection that drops before %s reaches the server costs a second try and nothing else",
  async (statement) => {
    const calls = world.provider.calls();
    proxy.cut("before", statement);
    await expectOneDebit(await far.turn(session, { user }));
    expect(world.provider.calls() - calls).toBe(1);
    expect(await turnsOf(world, user)).toMatchObject([{ attempt: 1 }]);
  },
);

test.each(["40001", "40P01", "55P03", "57014"])(
  "a settle that the server gives up with %s is tried again, and charges once",
  async (sqlstate) => {
    await givenRefusedWrite(world, { table: "credit_transactions", on: "insert" }, { sqlstate, times: 2 });
    await expectOneDebit(await runTurn(world, session, { user }));
    expect(world.log.counted("database_retry")).toBeGreaterThan(0);
  },
);

test("a zombie whose turn was taken over and settled charges nothing, answers the turn's one answer, and is counted as lost revenue", async () => {
  world.provider.behave(MODEL, "fake-slow-400");
  const zombie = await givenModelAsked(world, () => far.turn(session, { user, key: "k" }));
  await lapse(world, user);
  world.provider.behave(MODEL, null);
  const taken = await runTurn(world, session, { user, key: "k" });
  await expectOneDebit(taken);
  const late = await zombie.answer;
  expect(late.text).toBe(taken.text);
  await expectOneDebit(taken);
  expect(far.log.counted("lost_revenue")).toBe(1);
});

test("a zombie whose turn was voided charges nothing and is counted as lost revenue", async () => {
  world.provider.behave(MODEL, "fake-slow-300");
  const zombie = await givenModelAsked(world, () => far.turn(session, { user }));
  await lapse(world, user);
  world.provider.behave(MODEL, null);
  const lost = far.log.counted("lost_revenue");
  await expectOneDebit(await runTurn(world, session, { user }));
  expect(await zombie.answer).toMatchObject({ status: 503, json: { code: "out_of_time" } });
  expect(far.log.counted("lost_revenue") - lost).toBe(1);
  expect(await debitsOf(world, user)).toHaveLength(1);
});

test("killed connections in the middle of 30 turns: the process lives, every turn ends once, and later ones run", async () => {
  const server = await watchServer(world.databaseUrl);
  world.provider.behave(MODEL, "fake-slow-50");
  const sessions = await Promise.all(Array.from({ length: 30 }, () => givenSession(world, user)));
  const running = sessions.map((id, index) => runTurn(world, id, { user, key: `k${index}` }));
  let killed = 0;
  for (let round = 0; round < 8; round += 1) {
    await sleep(25);
    killed += await server.killBackends();
  }
  const answers = await Promise.all(running);
  await server.end();
  expect(killed).toBeGreaterThan(0);
  for (const { status } of answers) expect([201, 503]).toContain(status);

  await lapse(world, user);
  const again = await Promise.all(sessions.map((id, index) => runTurn(world, id, { user, key: `k${index}` })));
  expect(again.map(({ status }) => status)).toEqual(again.map(() => 201));
  expect(await debitsOf(world, user)).toHaveLength(30);
  expect((await walletOf(world, user)).held).toBe("0.00000000");
});

test("without its database a turn is 503 with Retry-After, and runs again when it is back", async () => {
  const calls = world.provider.calls();
  proxy.away(true);
  const refused = await far.turn(session, { user, key: "k" });
  proxy.away(false);
  expect(refused).toMatchObject({ status: 503, json: { code: "database_unavailable", status: 503 } });
  expect(refused.headers.get("content-type")).toContain("application/problem+json");
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
  expect(refused.text).not.toMatch(/127\.0\.0\.1|ECONN|socket|postgres/i);
  expect(world.provider.calls()).toBe(calls);
  await expectOneDebit(await far.turn(session, { user, key: "k" }));
});

test("a database that leaves while the model answers costs a 503; the turn lapses and its key charges once", async () => {
  world.provider.behave(MODEL, "fake-slow-200");
  const lost = far.log.counted("lost_revenue");
  const running = await givenModelAsked(world, () => far.turn(session, { user, key: "k" }));
  proxy.away(true);
  expect(await running.answer).toMatchObject({ status: 503, json: { code: "database_unavailable" } });
  proxy.away(false);
  expect(far.log.counted("lost_revenue") - lost).toBe(1);
  expect(await debitsOf(world, user)).toEqual([]);
  expect(await far.turn(session, { user, key: "k" })).toMatchObject({ status: 409, json: { code: "idempotency_in_progress" } });
  await lapse(world, user);
  await expectOneDebit(await far.turn(session, { user, key: "k" }));
});

test("a turn that has too little time left is refused before anything is written", async () => {
  for (const timeLeftMs of [0, -5, 3_400]) {
    expect(await far.turn(session, { user, timeLeftMs })).toMatchObject({ status: 503, json: { code: "out_of_time" } });
  }
  expect(await turnsOf(world, user)).toEqual([]);
});
