// The function `maintenance` has no address: stage:verify knows it by the last runs of its jobs, and is red when they are old, failed or not
// of the build that was deployed.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sql } from "kysely";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { withFront, type Intercept } from "../support/stage-front.ts";
import { COMMIT, idsOf, OLD_COMMIT, rowOf, runJobs, verifiableWorld, verify } from "../support/stage-verification.ts";
import type { TestWorld } from "../support/world.ts";

const JOBS = ["maintenance.sweep", "maintenance.reconcile", "maintenance.verify"];
const OLD = OLD_COMMIT.slice(0, 12);
const NEW = COMMIT.slice(0, 12);

let world: TestWorld;
beforeAll(async () => {
  world = await verifiableWorld();
});
beforeEach(() => runJobs(world));
afterAll(() => world.end());

const job = (name: string, commit: string) => runJob({ ...world.deps, config: { ...world.deps.config, commit } }, { job: name });

/** The last run of a job as if it had ended so long ago. */
async function aged(name: string, age: string): Promise<void> {
  await sql`update maintenance_runs set began_at = now() - ${age}::interval, finished_at = now() - ${age}::interval where job = ${name}`.execute(
    world.deps.db.query,
  );
}

/** The user's first transaction as one from so long ago. */
const firstSeen =
  (ago: number): Intercept =>
  async (request, next) => {
    const answer = await next(request);
    if (!request.url.includes("offset=")) return answer;
    const { total } = (await answer.json()) as { total: number };
    const isFirst = request.url.endsWith(`offset=${total - 1}`);
    const created_at = new Date(Date.now() - (isFirst ? ago : 0)).toISOString();
    return Response.json({ total, transactions: [{ created_at }] }, { headers: answer.headers });
  };

describe("the function maintenance", () => {
  it("is red when its last sweep is of an old build, or of none", async () => {
    await job("sweep", OLD_COMMIT);
    const stale = await verify(world);
    expect(idsOf(stale, "red", "not run")).toEqual(["maintenance.sweep"]);
    expect(rowOf(stale, "maintenance.sweep").seen).toMatch(new RegExp(`^done \\d+ s ago by ${OLD}$`));

    await world.owner.query.deleteFrom("maintenance_runs").where("job", "=", "sweep").execute();
    const never = await verify(world);
    expect(idsOf(never, "red", "not run")).toEqual(["maintenance.sweep"]);
    expect(rowOf(never, "maintenance.sweep").seen).toContain('never ran: look at its schedule, or invoke maintenance with {"job":"sweep"}');
  });

  it("may not have come to its rare jobs on a new stage, and must have on one that was verified before their time", async () => {
    await world.owner.query.deleteFrom("maintenance_runs").where("job", "<>", "sweep").execute();
    const young = await verify(world);
    expect([young.ok, rowOf(young, "maintenance.verify").seen]).toEqual([
      true,
      expect.stringContaining("has not come round yet: first verified"),
    ]);

    const hourOld = await withFront(world, { intercept: firstSeen(3_600_000) }, (url) => verify(world, { url }));
    expect(idsOf(hourOld, "red", "not run")).toEqual(["maintenance.reconcile"]);
    expect(rowOf(hourOld, "maintenance.reconcile").seen).toMatch(
      /^never ran, though this stage was verified 60 min ago: look at its schedule/,
    );
    const daysOld = await withFront(world, { intercept: firstSeen(48 * 3_600_000) }, (url) => verify(world, { url }));
    expect(idsOf(daysOld, "red", "not run")).toEqual(["maintenance.reconcile", "maintenance.verify"]);
  });

  it("is waited for after a deploy until its first sweep comes", async () => {
    await job("sweep", OLD_COMMIT);
    const notices: string[] = [];
    const notice = (line: string) => void (notices.push(line), job("sweep", COMMIT));
    const evidence = await verify(world, { patience: { waitMs: 30_000, pollMs: 20 } }, { notice });
    expect([evidence.ok, notices]).toEqual([true, [`waiting up to 30 s for the first sweep of ${NEW}`]]);
  });

  it("is not waited for once the run is stopped", async () => {
    await job("sweep", OLD_COMMIT);
    const stopping = new AbortController();
    const patience = { waitMs: 3_600_000, pollMs: 3_600_000 };
    const evidence = await verify(world, { patience }, { signal: stopping.signal, notice: () => stopping.abort() });
    expect(idsOf(evidence, "red", "not run")).toEqual([...JOBS, "reconciliation", "drift.answers"]);
  });

  it.each([
    ["sweep", "3 minutes 10 seconds"],
    ["reconcile", "36 minutes"],
    ["verify", "27 hours"],
  ])("is red when its last %s is older than it may be", async (name, age) => {
    await aged(name, age);
    expect(idsOf(await verify(world), "red", "not run")).toEqual([`maintenance.${name}`]);
  });

  it("is not stale when rare jobs last ran before its deploy, and is when an old build still runs them after it", async () => {
    await job("reconcile", OLD_COMMIT);
    await job("verify", OLD_COMMIT);
    await job("sweep", COMMIT);
    expect((await verify(world)).ok).toBe(true);

    await aged("sweep", "1 minute");
    const both = await verify(world);
    expect(idsOf(both, "red", "not run")).toEqual(["maintenance.reconcile", "maintenance.verify"]);
  });

  it("is red when a job failed", async () => {
    await sql`update maintenance_runs set outcome = 'failed' where job = 'verify'`.execute(world.deps.db.query);
    const evidence = await verify(world);
    expect(idsOf(evidence, "red", "not run")).toEqual(["maintenance.verify"]);
    expect(rowOf(evidence, "maintenance.verify").seen).toMatch(/^failed /);
  });
});
