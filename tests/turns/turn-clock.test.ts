// A container's clock may be set while a turn runs: durations and deadlines are not its business, so no turn is lost or kept by it.

import { afterAll, beforeAll, expect, test } from "vitest";
import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import { runTurn as runTurnOf } from "@pantheon/core/turns/run.ts";
import { givenContainer } from "../support/container.ts";
import { givenCredits, givenModelAsked, givenSession } from "../support/given.ts";
import { eventsOf, turnsOf } from "../support/ledger.ts";
import { quietLog } from "../support/quiet-log.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";
const HOUR_MS = 3_600_000;

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

// A negative latency is refused by its CHECK: the answer would be lost, and the turn void.
test.each([
  ["back", -HOUR_MS],
  ["ahead", HOUR_MS],
])("a clock that is set %s by an hour while the model answers loses no turn, and no duration is negative", async (name, step) => {
  let offset = 0;
  const container = givenContainer(world, { clock: () => Date.now() + offset });
  const session = await givenSession(world, name);
  await givenCredits(world, name, "10");
  world.provider.behave(MODEL, "fake-slow-300");
  try {
    const { answer } = await givenModelAsked(world, () => container.turn(session, { user: name }));
    offset = step;
    expect((await answer).status).toBe(201);
  } finally {
    world.provider.behave(MODEL, null);
    await container.close();
  }
  const [event] = await eventsOf(world, name);
  expect(event?.latency_ms).toBeGreaterThanOrEqual(0);
  expect(event?.latency_ms).toBeLessThan(HOUR_MS / 2);
  const durations = container.log.lines.filter(({ message }) => message === "request").map(({ fields }) => Number(fields["ms"]));
  expect(durations).toHaveLength(1);
  for (const ms of durations) expect([ms >= 0, ms < HOUR_MS / 2]).toEqual([true, true]);
});

test("a clock that jumps at every look neither ends a turn's time nor prolongs its lease", async () => {
  let looks = 0;
  const clock = () => Date.now() + ((looks += 1) % 2 === 0 ? HOUR_MS : -HOUR_MS);
  const deps: Deps = createDeps({ config: world.config, log: quietLog(), clock, maxConnections: 2 });
  const session = await givenSession(world, "jumps");
  try {
    for (let turn = 0; turn < 4; turn += 1) {
      const request = { caller: inPerson("jumps"), session, key: null, message: "Now?", alias: null, maxOutputTokens: 10, requestId: "r" };
      await runTurnOf(deps, { ...request, fitToBalance: null, sampling: {}, replaces: null, deadline: deps.ticks() + 20_000 });
      looks += 1;
    }
  } finally {
    await deps.db.close();
  }
  const turns = await turnsOf(world, "jumps");
  expect(turns.map(({ status }) => status)).toEqual(["completed", "completed", "completed", "completed"]);
  for (const { lease_until, created_at } of turns) expect(lease_until.getTime() - created_at.getTime()).toBeLessThanOrEqual(50_000);
});
