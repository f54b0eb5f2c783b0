// Opens, settles, zombies, sweepers and repeated keys, thousands at once on real connections: no deadlock, nothing settled twice, no
// turn without the whole history before it, no gap in a session's numbers.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { reopenTurn } from "@pantheon/core/ledger/statements/reopen-turn.ts";
import { sweepTurns } from "@pantheon/core/ledger/statements/sweep-turns.ts";
import { voidTurn } from "@pantheon/core/ledger/statements/void-turn.ts";
import { gateInput, openDirectly, settleDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { turnsOf } from "../support/ledger.ts";
import { randomFrom } from "../support/random.ts";
import { say } from "../support/say.ts";
import { watchServer, type ServerWatch } from "../support/server-watch.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let server: ServerWatch;
beforeAll(async () => {
  world = await testWorld({ maxConnections: 50 });
  server = await watchServer(world.databaseUrl);
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await server.end();
  await world.end();
});

const SEED = process.pid;
const USERS = ["ada", "ben", "cleo"];
const SESSIONS_A_USER = 16;
const WORKERS = 48;
const STATEMENTS = 3_000;
const REQUESTS = 500;

type Seen = { session: string; index: number; history: { user: string; assistant: string }[]; turn: string };
const settledTimes = new Map<string, number>();
const settledByZombies: string[] = [];
const seen: Seen[] = [];
const figures = { opened: 0, refusedByIndex: 0, reopened: 0, settled: 0, fenced: 0, voided: 0, swept: 0, answered: 0, busy: 0 };

// Turn before wallet in any one of the five statements deadlocks here; a settle without its attempt settles twice; an open that
// trusts its snapshot misses the turn that was settled while it waited.
test("opens, reopens, settles, zombies, voids and sweepers of the same sessions: no deadlock, no double settle, whole histories", async () => {
  const random = randomFrom(SEED);
  const places = await Promise.all(
    USERS.flatMap((user) => Array.from({ length: SESSIONS_A_USER }, async () => ({ user, session: await givenSession(world, user) }))),
  );
  const place = () => places[Math.floor(random() * places.length)] ?? { user: "", session: "" };
  for (const user of USERS) await givenCredits(world, user, "100");
  const before = await server.figures();

  let left = STATEMENTS;
  let requests = REQUESTS;
  await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      while (worker % 4 === 0 ? requests-- > 0 : left-- > 0) await (worker % 4 === 0 ? request(place(), random) : life(place(), random));
    }),
  );
  await sleep(100);
  for (const user of USERS) await world.deps.db.run(sweepTurns, { wallet: user, actor: user });

  const after = await server.figures();
  say(`seed ${SEED}: ${JSON.stringify(figures)}`);
  expect(after.deadlocks - before.deadlocks).toBe(0);
  expect([...settledTimes.values()].filter((times) => times !== 1)).toEqual([]);
  expect(settledByZombies).toEqual([]);
  expect(Math.min(...Object.values(figures))).toBeGreaterThan(0);
  await expectWholeHistories();
  await world.assertLedger();
});

/** A request over HTTP under one of few keys, so that the same key is often sent again while and after it runs. */
async function request({ user, session }: { user: string; session: string }, random: () => number): Promise<void> {
  const key = random() < 0.5 ? `${session}-${Math.floor(random() * 12)}` : undefined;
  const answer = await runTurn(world, session, { user, message: `Under ${key ?? "no key"}.`, ...(key !== undefined && { key }) });
  expect([201, 409]).toContain(answer.status);
  if (answer.status === 201) figures.answered += 1;
  else figures.busy += 1;
}

/** One container's life with a turn: opens it under a short lease, and settles it in time, twice, late, or never. */
async function life(where: { user: string; session: string }, random: () => number): Promise<void> {
  const { db, catalog } = world.deps;
  const fate = random();
  if (fate > 0.97) await givenCredits(world, where.user, "1");
  const row = await openDirectly(world, where, { leaseMs: fate < 0.5 ? 10_000 : 15, historyTurns: 1_000 }).catch(orIndexTaken);
  if (!row?.turn || row.turn_index === null) return;
  figures.opened += 1;
  const turn = { id: row.turn, user: where.user, attempt: 1 };
  seen.push({ session: where.session, index: row.turn_index, history: row.history, turn: row.turn });
  if (fate < 0.35) return void (await settle(turn));
  if (fate < 0.5) return void (await Promise.all([settle(turn), settle(turn), settle(turn)]));
  await sleep(random() * 30);
  if (fate < 0.6)
    figures.voided += (
      await db.run(voidTurn, { turn: turn.id, wallet: turn.user, actor: turn.user, attempt: 1, failure: "provider_failed" })
    ).length;
  if (fate < 0.7) figures.swept += (await db.run(sweepTurns, { wallet: turn.user, actor: turn.user })).length;
  const input = gateInput(await catalog.current(), where, { turn: turn.id, historyTurns: 1_000, leaseMs: 10_000 });
  const [again] = (await db.run(reopenTurn, input).catch(orIndexTaken)) ?? [];
  if (!again?.turn || again.turn_index === null || again.attempt === null) return void (await settle(turn));
  figures.reopened += 1;
  seen.push({ session: where.session, index: again.turn_index, history: again.history, turn: again.turn });
  const [late] = await Promise.all([settle(turn), settle({ ...turn, attempt: again.attempt })]);
  if (late) settledByZombies.push(turn.id);
}

/** Answers whether this settle booked the turn. */
async function settle(turn: { id: string; user: string; attempt: number }): Promise<boolean> {
  const row = await settleDirectly(world, turn, { answer: `Answer of ${turn.id}, attempt ${turn.attempt}.` });
  if (row) settledTimes.set(turn.id, (settledTimes.get(turn.id) ?? 0) + 1);
  if (row) figures.settled += 1;
  else figures.fenced += 1;
  return row !== undefined;
}

/** Another turn of the session runs, or the history was stale: the index says so and nothing is written. */
function orIndexTaken(error: unknown): undefined {
  if (!(error instanceof Error && "constraint" in error && error.constraint === "turns_position")) throw error;
  figures.refusedByIndex += 1;
}

/** What a turn was given when it was opened is what the finished session shows before it; the model says how much it was told. */
async function expectWholeHistories(): Promise<void> {
  const turns = (await Promise.all(USERS.map((user) => turnsOf(world, user)))).flat().filter((turn) => turn.status === "completed");
  const before = (session: string, index: number) =>
    turns
      .filter((turn) => turn.session_id === session && Number(turn.turn_index) < index)
      .toSorted((one, other) => Number(one.turn_index) - Number(other.turn_index))
      .map((turn) => ({ user: turn.user_input, assistant: turn.assistant_output }));
  const completed = new Map(turns.map((turn) => [turn.id, turn]));
  for (const { session, index, history, turn } of seen) {
    if (completed.get(turn)?.turn_index === index)
      expect(history.map(({ user, assistant }) => ({ user, assistant }))).toEqual(before(session, index));
  }
  for (const turn of turns.filter((each) => !settledTimes.has(each.id))) {
    const earlier = Number(turn.turn_index) - 1;
    const told = /I also remember the (\d+) before it/.exec(turn.assistant_output ?? "")?.[1] ?? "0";
    expect(Number(told)).toBe(earlier);
  }
}

test("of 50 parallel turns in one session each is answered or told that the session is busy, and those answered are numbered without gaps", async () => {
  const session = await givenSession(world);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => runTurn(world, session, { message: `Message ${index}.` })));
  const answered = answers.filter((answer) => answer.status === 201);
  for (const answer of answers.filter((each) => each.status !== 201)) {
    expect(answer).toMatchObject({ status: 409, json: { code: "session_busy" } });
    expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
  }
  expect(answered.length).toBeGreaterThan(0);
  expect(indexesOf(answered)).toEqual(answered.map((_, index) => index + 1));
});

test("50 messages that are sent until they are taken all end in one order, each with every one before it", async () => {
  const session = await givenSession(world);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => sendUntilTaken(session, `Message ${index}.`)));
  expect(indexesOf(answers)).toEqual(answers.map((_, index) => index + 1));
  for (const { json } of answers) {
    const told = /I also remember the (\d+) before it/.exec(json.assistant_output)?.[1] ?? "0";
    expect(Number(told)).toBe(json.turn_index - 1);
  }
});

async function sendUntilTaken(session: string, message: string): Promise<Answer> {
  for (;;) {
    const answer = await runTurn(world, session, { message });
    if (answer.status !== 409) return answer;
    await sleep(Math.random() * 100);
  }
}

function indexesOf(answers: readonly Answer[]): number[] {
  return answers.map((answer) => answer.json.turn_index).toSorted((one, other) => one - other);
}
