// A turn is two statements, counted by the server and not by us; an unchanged catalogue is asked for once.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { givenCredits, givenPrice, givenSession, runTurn } from "../support/given.ts";
import { watchServer, type ServerWatch } from "../support/server-watch.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let server: ServerWatch;
beforeAll(async () => {
  world = await testWorld();
  server = await watchServer(world.databaseUrl);
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await server.end();
  await world.end();
});

const TURNS = 40;
const ATTEMPTS = 3;

/** What the server counts for a connection that does nothing: to be taken off what it counted for connections that did something. */
async function commitsOfAConnection(): Promise<number> {
  const before = await server.figures();
  await world.deps.db.query.selectFrom("users").select("id").limit(0).execute();
  const after = await server.figures();
  expect(after.sessions - before.sessions).toBe(1);
  return after.commits - before.commits - 1;
}

/** 20 users: the first turn of each in its session, then a second one with the history of the first. */
async function runTurns(round: number): Promise<void> {
  for (let index = 0; index < TURNS / 2; index += 1) {
    const user = `user-${round}-${index}`;
    for (const message of ["The first turn.", "The second turn."]) {
      const answer = await runTurn(world, sessions[round]?.[index] ?? "", { user, message });
      expect(answer.status).toBe(201);
    }
  }
}

const sessions: string[][] = [];

// One query more in runTurn, a transaction around a statement, or a catalogue read a turn, and the count is another one.
test("a turn is exactly two statements, a user's first turn included", async () => {
  for (let round = 0; round < ATTEMPTS; round += 1) {
    sessions.push(await Promise.all(Array.from({ length: TURNS / 2 }, (_, index) => givenSession(world, `user-${round}-${index}`))));
  }
  await givenCredits(world, "user-0-0", "10");
  const own = await commitsOfAConnection();

  const counted: number[] = [];
  for (let round = 0; round < ATTEMPTS && counted.at(-1) !== 2 * TURNS; round += 1) {
    const before = await server.figures();
    const sent = world.passed.statements;
    await runTurns(round);
    expect(world.passed.statements - sent).toBe(2 * TURNS); // the container's first session has read the catalogue
    const after = await server.figures();
    expect(after.rollbacks - before.rollbacks).toBe(0);
    counted.push(after.commits - before.commits - own * (after.sessions - before.sessions));
  }
  // The server's own housekeeping commits too, about once a minute: a count that it disturbed is taken again.
  expect(counted.at(-1)).toBe(2 * TURNS);
});

test("an unchanged catalogue is loaded once in a container's life, a changed one once more", async () => {
  const loads = () => world.log.lines.filter((line) => line.message === "catalogue loaded").length;
  const session = await givenSession(world, "ada");
  for (let index = 0; index < TURNS; index += 1) await runTurn(world, session);
  expect(loads()).toBe(1);

  await givenPrice(world, "default", "1.5");
  const all = await Promise.all(Array.from({ length: 10 }, async () => runTurn(world, await givenSession(world, "ada"))));
  expect(all.map((answer) => answer.json.multiplier)).toEqual(Array.from({ length: 10 }, () => "1.5"));
  expect(loads()).toBe(2);
});
