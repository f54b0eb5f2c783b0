// The schedule of the local world runs the jobs as a stage's does, so that health shows them and what they mend is mended here too.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSchedule } from "@pantheon/local/schedule.ts";
import { openDirectly } from "../support/direct-turn.ts";
import { givenNoRefusedWrite, givenRefusedWrite } from "../support/fault-trigger.ts";
import { givenSession } from "../support/given.ts";
import { lapse, walletOf } from "../support/ledger.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

async function runs(): Promise<Map<string, Json>> {
  const { json } = await world.call("GET", "/api/v1/health/turns", { user: null });
  return new Map(json.maintenance.map((run: Json) => [run.job, run]));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()) && Date.now() < end;) await sleep(20);
}

test("every job runs at the start, and the world's end waits for it", async () => {
  world.startSchedule();
  await until(async () => (await runs()).size === 3);
  expect([...(await runs()).values()].map(({ job, outcome }) => [job, outcome])).toEqual([
    ["reconcile", "done"],
    ["sweep", "done"],
    ["verify", "done"],
  ]);
});

test("each comes round, again after it failed, until it is stopped", async () => {
  await openDirectly(world, { user: "ada", session: await givenSession(world) });
  await lapse(world, "ada");
  await givenRefusedWrite(world, { table: "turns", on: "update" });
  const deps = { ...world.deps, config: { ...world.deps.config, commit: "fast" } };
  const stop = startSchedule(deps, { sweep: 20 });
  await until(async () => (await runs()).get("sweep").commit === "fast");
  expect((await runs()).get("sweep").outcome).toBe("failed");
  await givenNoRefusedWrite(world);
  await until(async () => (await walletOf(world, "ada")).held === "0.00000000");
  await stop();
  const last = (await runs()).get("sweep");
  expect([last.outcome, (await walletOf(world, "ada")).held]).toEqual(["done", "0.00000000"]);
  await sleep(200);
  expect((await runs()).get("sweep")).toEqual(last);
});
