// The lease of a turn: short, so that a dead container frees its session within a minute, and renewed while a stream runs; a renewal never
// takes back what is over, and a stream that lost its turn stops and charges nothing twice.

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { sweepLapsed } from "@pantheon/core/turns/sweep.ts";
import { renewTurn } from "@pantheon/core/turns/statements/renew-turn.ts";
import { LEASES } from "@pantheon/core/turns/request.ts";
import { givenContainer, providedBy, type Container } from "../support/container.ts";
import { cuttingProxy, type CuttingProxy } from "../support/cutting-proxy.ts";
import { openDirectly, settleDirectly } from "../support/direct-turn.ts";
import { serving } from "../support/given-answer.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf, lapse, turnsOf, walletOf } from "../support/ledger.ts";
import { LONG_ANSWERS, WORDS } from "../support/long-answers.ts";
import { givenSecondProcess } from "../support/second-process.ts";
import { streamed, textOf } from "../support/streamed-turn.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const LONG = LONG_ANSWERS.openrouter;
const FIRST = 3;
const OFTEN = { ...LEASES, renewMs: 40, againMs: 40 };

let world: TestWorld;
/** A provider that says its first words, and the others when it is told to. */
let provider: Awaited<ReturnType<typeof serving>>;
let answering: ServerResponse;
let proxy: CuttingProxy;
let container: Container;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld();
  provider = await serving((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" }).write([...LONG.head, ...LONG.pieces.slice(0, FIRST)].join(""));
    answering = response;
  });
  proxy = await cuttingProxy(world.databaseUrl);
  container = givenContainer(world, { config: { ...providedBy(world.config, provider.url), databaseUrl: proxy.url } });
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  await givenCredits(world, user, "10");
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await container.close();
  await proxy.close();
  await provider.close();
  await world.end();
});

/** Whether the provider is left by whoever reads it now. */
const left = () => Promise.race([once(answering, "close").then(() => "stopped"), sleep(20_000, "reads on")]);

const sayTheRest = () => answering.end([...LONG.pieces.slice(FIRST), ...LONG.tail].join(""));

/** A stream under the key `k` that has begun to answer. */
async function begun(leases = OFTEN, timeLeftMs = 300_000) {
  const stream = await streamed(world, { ...container.deps, leases }, session, { user, key: "k", timeLeftMs });
  expect([await stream.next(), await stream.next()]).toMatchObject([{ type: "turn_started" }, { type: "chunk" }]);
  return stream;
}

/** The end of a stream of another container under this key. */
const takenOver = async (key: string) => (await (await streamed(world, world.deps, session, { user, key })).rest()).at(-1);

const leaseOf = async () => {
  const { rows } = await sql<{ seconds: number; until: Date; isOver: boolean }>`
    select extract(epoch from lease_until - clock_timestamp())::float as seconds, lease_until as until,
           lease_until < clock_timestamp() as "isOver"
      from turns where user_id = ${user} and status = 'running'`.execute(world.deps.db.query);
  return rows[0];
};

async function expectOneDebit(): Promise<void> {
  const completed = (await turnsOf(world, user)).filter(({ status }) => status === "completed");
  expect(completed).toHaveLength(1);
  expect(await debitsOf(world, user)).toMatchObject([{ reference_id: completed[0]?.id }]);
  expect(await eventsOf(world, user)).toHaveLength(1);
  expect((await walletOf(world, user)).held).toBe("0.00000000");
}

/** A stream that stops by itself once this has happened, right before its next renewal. */
async function stopsAfter(action: () => Promise<unknown>) {
  const { rest } = await begun();
  const isLeft = left();
  proxy.holdBack("renew_turn", async () => void (await action()));
  expect(await isLeft).toBe("stopped");
  return rest();
}

const renew = (turn: { id: string; attempt: number }, actor = user) =>
  world.deps.db.run(renewTurn, { turn: turn.id, actor, attempt: turn.attempt, leaseMs: 30_000 });

async function opened() {
  const { turn, attempt } = await openDirectly(world, { user, session }, { leaseMs: 5_000 });
  if (turn === null || attempt === null) throw new Error("no turn was opened");
  return { id: turn, attempt };
}

describe("a turn that has five minutes", () => {
  test("is its container's for less than one, when it is streamed", async () => {
    const { rest } = await begun(LEASES);
    expect((await leaseOf())?.seconds).toBeLessThan(60);
    sayTheRest();
    await rest();
  });

  test("is its container's for less than one, when it is answered in one piece", async () => {
    const answer = container.turn(session, { user, timeLeftMs: 300_000 });
    await vi.waitFor(async () => expect((await leaseOf())?.seconds).toBeLessThan(60));
    expect((await leaseOf())?.seconds).toBeGreaterThan(40);
    await vi.waitFor(() => expect(answering.writableEnded).toBe(false));
    sayTheRest();
    expect((await answer).status).toBe(201);
  });
});

test("a stream keeps its turn beyond the first lease: no sweep voids it, and its session stays busy", async () => {
  const { rest } = await begun({ ...OFTEN, lengthMs: 2_000 });
  const first = (await leaseOf())?.until;
  const isPast = async () =>
    (await sql<{ past: boolean }>`select clock_timestamp() > ${first}::timestamptz as past`.execute(world.deps.db.query)).rows[0]?.past;
  await vi.waitFor(async () => expect(await isPast()).toBe(true), { timeout: 20_000 });
  expect(await sweepLapsed(world.deps)).toBe(0);
  expect(await runTurn(world, session, { user })).toMatchObject({ status: 409, json: { code: "session_busy" } });
  sayTheRest();
  expect((await rest()).at(-1)).toMatchObject({ type: "done", assistant_output: WORDS.join("") });
  await expectOneDebit();
}, 30_000);

describe("a stream whose turn is no longer its own stops by itself", () => {
  test("when it was taken over and answered: what was booked is its end, and nothing is charged twice", async () => {
    let taken: unknown;
    const events = await stopsAfter(async () => {
      await lapse(world, user);
      taken = await takenOver("k");
    });
    expect(taken).toMatchObject({ type: "done", status: "completed" });
    expect(events.at(-1)).toEqual(taken);
    await expectOneDebit();
  });

  test("when it was given up: nothing is charged, and its key runs again", async () => {
    const events = await stopsAfter(async () => {
      await lapse(world, user);
      expect(await sweepLapsed(world.deps)).toBe(1);
    });
    expect(events.at(-1)).toMatchObject({ type: "error", code: "out_of_time" });
    expect(await debitsOf(world, user)).toEqual([]);
    expect(await takenOver("k")).toMatchObject({ type: "done" });
    await expectOneDebit();
  });

  test("when its lease is over and nobody has come by: what its reader saw is charged, once", async () => {
    const events = await stopsAfter(() => lapse(world, user));
    expect(events.at(-1)).toMatchObject({ type: "done", usage: { estimated: true } });
    await expectOneDebit();
  });

  test("when the database has been away for so long that nobody can say: it is settled when it is back", async () => {
    const { rest } = await begun({ ...OFTEN, lengthMs: 60_000, patienceMs: 300 });
    const isLeft = left();
    proxy.away(true);
    const ends = await isLeft;
    proxy.away(false);
    expect(ends).toBe("stopped");
    const events = await rest();
    expect(events.at(-1)).toMatchObject({ type: "done", assistant_output: WORDS.slice(0, FIRST).join("") });
    await expectOneDebit();
  });
}, 30_000);

test("a renewal whose reply is lost, or that never arrives, stops nothing", async () => {
  const { rest } = await begun();
  for (const when of ["after", "before"] as const) {
    const cuts = proxy.cuts();
    proxy.cut(when, "renew_turn");
    await vi.waitFor(() => expect(proxy.cuts()).toBeGreaterThan(cuts));
  }
  const before = (await leaseOf())?.until;
  await vi.waitFor(async () => expect((await leaseOf())?.until.getTime()).toBeGreaterThan(before?.getTime() ?? Infinity));
  sayTheRest();
  const events = await rest();
  expect(textOf(events.filter(({ type }) => type === "done" || type === "chunk"))).toContain(WORDS.slice(FIRST).join(""));
  await expectOneDebit();
});

describe("a renewal", () => {
  test("moves the lease on, and never back", async () => {
    const turn = await opened();
    expect(await renew(turn)).toEqual([{ id: turn.id }]);
    const until = (await leaseOf())?.until.getTime() ?? 0;
    expect((await leaseOf())?.seconds).toBeGreaterThan(20);
    await world.deps.db.run(renewTurn, { turn: turn.id, actor: user, attempt: turn.attempt, leaseMs: 1 });
    expect((await leaseOf())?.until.getTime()).toBe(until);
    await settleDirectly(world, { ...turn, user });
  });

  test("is only of its own attempt, person and running turn", async () => {
    const turn = await opened();
    expect(await renew({ ...turn, attempt: 2 })).toEqual([]);
    expect(await renew(turn, "somebody else")).toEqual([]);
    await settleDirectly(world, { ...turn, user });
    expect(await renew(turn)).toEqual([]);
  });

  test("does not take back what has lapsed", async () => {
    const turn = await opened();
    await lapse(world, user);
    expect(await renew(turn)).toEqual([]);
    expect((await leaseOf())?.isOver).toBe(true);
    expect(await sweepLapsed(world.deps)).toBe(1);
  });

  test("that had to wait for the row looks at the lease when it has it, and not as it was", async () => {
    const turn = await opened();
    await sql`update turns set lease_until = clock_timestamp() + interval '1 second' where id = ${turn.id}`.execute(world.deps.db.query);
    const answer = await world.deps.db.query.transaction().execute(async (locked) => {
      await sql`select from turns where id = ${turn.id} for update`.execute(locked);
      const waiting = renew(turn);
      await sql`select pg_sleep(1.2)`.execute(locked);
      return { waiting };
    });
    expect(await answer.waiting).toEqual([]);
    expect(await sweepLapsed(world.deps)).toBe(1);
  });
});

test("a process that is killed while it streams leaves its session for less than a minute, and its key runs again: one debit", async () => {
  const other = await givenSecondProcess(world, { OPENROUTER_BASE_URL: provider.url });
  expect(await other.stream({ session, user, key: "killed", timeLeftMs: 300_000 })).toMatchObject({ ok: true });
  await other.kill();
  expect((await leaseOf())?.seconds).toBeLessThan(60);
  expect(await runTurn(world, session, { user })).toMatchObject({ status: 409, json: { code: "session_busy" } });
  expect((await streamed(world, world.deps, session, { user, key: "killed" })).response.status).toBe(409);
  await lapse(world, user);
  expect(await takenOver("killed")).toMatchObject({ type: "done", status: "completed" });
  await expectOneDebit();
});
