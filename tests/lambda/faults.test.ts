// What happens to containers: killed at their deadline, crashed, frozen until their connections died, overtaken by others, out of time.
// Whatever it is, a turn is charged at most once and the next request is served.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cuttingProxy } from "../support/cutting-proxy.ts";
import { givenCredits, givenModelAsked, givenSession } from "../support/given.ts";
import type { LambdaAnswer } from "../support/lambda-event.ts";
import { neonInFrontOf, type Neon } from "../support/lambda-neon.ts";
import { lambdaStage, type Lambda, type LambdaCall, type LambdaStage } from "../support/lambda-stage.ts";
import { debitsOf, lapse, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { watchServer } from "../support/server-watch.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";
const CHARGED_ONCE = { balance: "9.99652500", held: "0.00000000" };

let world: TestWorld;
let neon: Neon;
let stage: LambdaStage;
let users = 0;

beforeAll(async () => {
  world = await testWorld();
  neon = await neonInFrontOf(world.databaseUrl);
  stage = await lambdaStage(world, { preloads: [neon.preload] });
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await world.assertLedger();
});
afterAll(async () => {
  await stage.end();
  await neon.end();
  await world.end();
});

/** Somebody new with 10 credits and a session, and their one turn under one key. */
async function givenTurn(): Promise<{ user: string; ask: (turns: Lambda, more?: LambdaCall) => Promise<LambdaAnswer> }> {
  users += 1;
  const user = `user-${users}`;
  const session = await givenSession(world, user);
  await givenCredits(world, user, "10");
  const body = { message: "What is a wallet?" };
  return { user, ask: (turns, more) => turns.call("POST", `/api/v1/sessions/${session}/turns`, { user, key: "k", body, ...more }) };
}

/** A container that has run a turn of somebody else, so that all its time is for the next one. */
async function givenWarm(): Promise<Lambda> {
  const turns = await stage.lambda("turns");
  expect((await (await givenTurn()).ask(turns)).status).toBe(201);
  return turns;
}

/** How an invocation ended that gave no answer. */
function lossOf(answer: Promise<Answer>): Promise<string> {
  return answer.then(({ status }) => `answered ${status}`, String);
}

describe("a container that is lost in the middle of a model call", () => {
  it.each([
    ["killed at its deadline", "SIGSTOP", "timed out"],
    ["crashed", "SIGKILL", "exited"],
  ] as const)(
    "because it was %s charges nothing; the same key is refused while its lease lasts, then runs and charges once",
    async (...how) => {
      const [, signal, outcome] = how;
      const turns = await stage.lambda("turns");
      const { user, ask } = await givenTurn();
      world.provider.behave(MODEL, "fake-slow-60000");
      const { answer } = await givenModelAsked(world, () => ask(turns));
      const loss = lossOf(answer);
      turns.signal(signal); // one that is stopped cannot answer before its deadline: Lambda kills it
      if (signal === "SIGSTOP") turns.expire();
      expect(await loss).toContain(`"kind":"${outcome}"`);
      world.provider.behave(MODEL, null);

      expect(await debitsOf(world, user)).toEqual([]);
      expect(await ask(turns)).toMatchObject({ status: 409, json: { code: "idempotency_in_progress" } });
      expect(turns.starts()).toBe(2);
      await lapse(world, user);
      const answered = await ask(turns);
      expect(answered).toMatchObject({ status: 201, json: { credits_charged: "0.003475" } });
      expect((await ask(turns)).text).toBe(answered.text);
      expect(await walletOf(world, user)).toMatchObject(CHARGED_ONCE);
      expect(await debitsOf(world, user)).toHaveLength(1);
      expect(turns.starts()).toBe(2);
    },
  );

  it("and comes back after another took its turn over charges nothing more", async () => {
    const [first, second] = [await stage.lambda("turns"), await stage.lambda("turns")];
    const { user, ask } = await givenTurn();
    world.provider.behave(MODEL, "fake-slow-300");
    const { answer } = await givenModelAsked(world, () => ask(first));
    first.signal("SIGSTOP");
    await lapse(world, user);
    const taken = await ask(second);
    expect(taken.status).toBe(201);
    first.signal("SIGCONT");
    const late = await answer;
    expect([late.status, late.text]).toEqual([201, taken.text]);
    expect(await walletOf(world, user)).toMatchObject(CHARGED_ONCE);
    expect(await debitsOf(world, user)).toHaveLength(1);
  });
});

describe("a container that was frozen while its connections died", () => {
  it.each(["pg", "neon"] as const)("serves the next request, over the driver %s", async (driver) => {
    const turns = await stage.lambda("turns", driver === "neon" ? neon.environment : {});
    const { user, ask } = await givenTurn();
    await ask(turns);
    const server = await watchServer(world.databaseUrl);
    for (const frozenMs of [1_000, 60_000, 6 * 60 * 60 * 1_000]) {
      expect(await server.killBackends()).toBeGreaterThan(0);
      turns.later(frozenMs);
      const replayed = await ask(turns);
      expect([replayed.status, replayed.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
    }
    await server.end();
    expect((await ask(turns, { key: "another" })).status).toBe(201);
    expect(await debitsOf(world, user)).toHaveLength(2);
    expect(turns.starts()).toBe(1);
  });
});

describe("a container that starts while the database is away", () => {
  it("refuses, and serves when it is back, without a new start", async () => {
    const proxy = await cuttingProxy(world.databaseUrl);
    const turns = await stage.lambda("turns", { DATABASE_URL: proxy.url });
    const { user, ask } = await givenTurn();
    proxy.away(true);
    for (const _ of [1, 2]) expect(await ask(turns)).toMatchObject({ status: 503, json: { code: "database_unavailable" } });
    proxy.away(false);
    expect((await ask(turns)).status).toBe(201);
    expect(turns.starts()).toBe(1);
    expect(await walletOf(world, user)).toMatchObject(CHARGED_ONCE);
    await turns.end();
    await proxy.close();
  });
});

describe("a request that comes with too little time", () => {
  it("is refused before anything is written or asked, and the remaining time of the runtime decides", async () => {
    const turns = await givenWarm();
    const { ask } = await givenTurn();
    const [before, calls] = [await pictureOf(world), world.provider.calls()];
    expect(await ask(turns, { timeoutMs: 2_900 })).toMatchObject({ status: 503, json: { code: "out_of_time" } });
    expect([await pictureOf(world), world.provider.calls()]).toEqual([before, calls]);
    expect((await ask(turns)).status).toBe(201);
  });

  it("gives the model no more than what is left, and takes nothing when that is over", async () => {
    const turns = await givenWarm();
    const { user, ask } = await givenTurn();
    world.provider.behave(MODEL, "fake-slow-60000");
    expect(await ask(turns, { timeoutMs: 8_000 })).toMatchObject({ status: 504, json: { code: "provider_timeout" } });
    expect(await walletOf(world, user)).toMatchObject({ balance: "10.00000000", held: "0.00000000" });
    expect((await turnsOf(world, user)).map(({ status }) => status)).toEqual(["failed"]);
  });
});

describe("scheduled work", () => {
  it("runs by the events of its schedules: lapsed turns give their holds back, the books are checked, Stripe is asked", async () => {
    const [turns, maintenance] = [await stage.lambda("turns"), await stage.lambda("maintenance")];
    const { user, ask } = await givenTurn();
    world.provider.behave(MODEL, "fake-slow-60000");
    const { answer } = await givenModelAsked(world, () => ask(turns));
    const loss = lossOf(answer);
    turns.signal("SIGKILL");
    expect(await loss).toContain(`"kind":"exited"`);
    await lapse(world, user);
    expect(await maintenance.invoke({ job: "sweep" })).toMatchObject({ kind: "answered", payload: { voided: 1 } });
    expect(await walletOf(world, user)).toMatchObject({ balance: "10.00000000", held: "0.00000000" });
    expect(await maintenance.invoke({ job: "verify" })).toMatchObject({ kind: "answered", payload: { broken: 0 } });
    expect(await maintenance.invoke({ job: "reconcile" })).toMatchObject({ kind: "answered", payload: { failed: 0, quarantined: 0 } });
    expect(maintenance.starts()).toBe(1);
  });

  it("of a kind that nobody knows fails, and the container goes on", async () => {
    const maintenance = await stage.lambda("maintenance");
    expect((await maintenance.invoke({ job: "other" })).kind).toBe("failed");
    expect((await maintenance.invoke({ job: "verify" })).kind).toBe("answered");
    expect(maintenance.starts()).toBe(1);
  });
});
