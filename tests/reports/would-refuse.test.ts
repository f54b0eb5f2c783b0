// Whom enforcement would have refused: the sums of the rollup, person by person, and the same in all as the summary says.

import { afterAll, beforeAll, expect, it } from "vitest";
import { WouldRefuseList } from "@pantheon/contract/reports.ts";
import { adminWorld, operate } from "../support/admin.ts";
import { givenCredits } from "../support/given.ts";
import { listedCalls, seedCall, seedEvents, seedLedger } from "../support/seed-usage.ts";
import { exactly } from "../support/shapes.ts";
import type { TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
  const calls = [
    ["ann", "2026-03-01", true],
    ["ann", "2026-03-02", true],
    ["ann", "2026-03-02", false],
    ["ben", "2026-03-02", true],
    ["cat", "2026-03-02", false],
  ] as const;
  const seeds = calls.map(([user_id, day, refused], index) =>
    seedCall({ turn: `${user_id} ${index}`, user_id, at: `${day}T12:00:00Z` }, { fresh: 10, output: 10, refused }),
  );
  await seedEvents(world.owner.query, listedCalls(seeds));
  await seedLedger(world.owner.query);
});
afterAll(() => world.end());

async function listed(query: string) {
  const { status, json } = await operate(world, `GET analytics/would-refuse?${query}`);
  expect(status).toBe(200);
  return exactly(WouldRefuseList, json);
}

it("names them, most often first, with their calls and what they have now", async () => {
  await givenCredits(world, "ben", "2.5");
  const { users, total } = await listed("from=2026-03-01&to=2026-03-31");
  expect(users.map(({ user_id: user, refused, calls }) => [user, refused, calls])).toEqual([
    ["ann", 2, 3],
    ["ben", 1, 1],
  ]);
  const { balance } = (await operate(world, "GET wallets/ben")).json;
  expect([total, users[1]?.balance]).toEqual([2, balance]);
  const summary = (await operate(world, "GET usage/summary?from=2026-03-01&to=2026-03-31")).json;
  expect(users.reduce((sum, { refused }) => sum + refused, 0)).toBe(summary.would_have_been_refused);
});

it("counts the days that are asked for, and goes on by its cursor", async () => {
  expect((await listed("from=2026-03-02&to=2026-03-02")).users.map(({ user_id: user }) => user)).toEqual(["ben", "ann"]);
  expect((await listed("from=2026-03-03")).total).toBe(0);
  const first = await listed("limit=1&to=2026-03-31");
  const second = await listed(`limit=1&to=2026-03-31&cursor=${first.next_cursor}`);
  expect([first, second].map(({ users }) => users[0]?.user_id)).toEqual(["ann", "ben"]);
  expect(second.next_cursor).toBeNull();
});

it.each(["from=2026-02-30", "user_id=ann", "limit=201"])("refuses %s", async (query) => {
  expect((await operate(world, `GET analytics/would-refuse?${query}`)).status).toBe(422);
});
