// The totals of days that are over: reports of everybody read them in the place of the rollup by person, and say the same.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { addTotals } from "@pantheon/core/reports/totals.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { listedCalls, seedCall, seedEvents, seedLedger, type SeedCall } from "../support/seed-usage.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const ADMIN = "operator";
const REPORTS = [
  "usage/summary",
  "usage/summary?bucket=day",
  "usage/summary?bucket=week&from_date=2026-01-02&to_date=2026-01-04",
  "usage/summary?model_alias=default&bucket=month",
  "usage/summary?user_id=ada&bucket=day",
  "analytics/margin?bucket=day",
  "analytics/margin?from_date=2026-01-02&to_date=2026-01-31",
];

let world: TestWorld;

const call = (turn: string, user: string, alias: string, at: string, more: Partial<SeedCall> = {}) =>
  seedCall({ turn, user_id: user, at }, { model_alias: alias, output: 10_000, ...more });

beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: ADMIN } });
  await seedEvents(
    world.owner.query,
    listedCalls([
      call("1", "ada", "default", "2026-01-01T23:59:59.999999Z", { refused: true }),
      call("2", "bo", "default", "2026-01-02T00:00:00Z", { fresh: 70, cached: 30 }),
      call("3", "cy", "default", "2026-01-02T12:00:00Z", { usd_per_credit: "0.02" }),
      call("4", "cy", "gpt-4o", "2026-01-02T13:00:00Z", { provider_cost_usd: "0.5" }),
      call("5", "ada", "gpt-4o", "2026-01-04T13:00:00Z"),
    ]),
  );
  await seedLedger(world.owner.query);
});

afterAll(() => world.end());

async function report(path: string): Promise<unknown> {
  const { status, json } = await world.call("GET", `/api/v1/admin/${path}`, { user: ADMIN });
  expect({ path, status }).toEqual({ path, status: 200 });
  return json;
}

const reports = () => Promise.all(REPORTS.map((path) => report(path)));

const totals = () => world.deps.db.query.selectFrom("usage_totals").selectAll().orderBy("day").orderBy("model_alias").execute();

describe("the totals of days that are over", () => {
  it("are made by the nightly job, a row a day and alias, and no report says anything else than before", async () => {
    const before = await reports();
    expect(await totals()).toEqual([]);
    expect(await runJob(world.deps, { job: "verify" })).toMatchObject({ broken: 0, days_summed_up: 3 });
    expect((await totals()).map(({ day, model_alias: alias, calls, refused }) => [day, alias, calls, refused])).toEqual([
      ["2026-01-01", "default", "1", "1"],
      ["2026-01-02", "default", "2", "0"],
      ["2026-01-02", "gpt-4o", "1", "0"],
      ["2026-01-04", "gpt-4o", "1", "0"],
    ]);
    expect(await reports()).toEqual(before);
    expect(await runJob(world.deps, { job: "verify" })).toMatchObject({ broken: 0, days_summed_up: 0 });
  });

  it("are what reports of everybody read, and of no one person", async () => {
    const [before] = await reports();
    await sql`set session_replication_role = replica`.execute(world.owner.query);
    await sql`update usage_totals set calls = calls + 10 where day = '2026-01-01'`.execute(world.owner.query);
    const [all, , , , one] = await reports();
    expect(all).toMatchObject({ total_llm_calls: (before as { total_llm_calls: number }).total_llm_calls + 10 });
    expect(one).toMatchObject({ total_llm_calls: 2 });
    await sql`update usage_totals set calls = calls - 10 where day = '2026-01-01'`.execute(world.owner.query);
    await sql`set session_replication_role = default`.execute(world.owner.query);
  });

  it("leave today to the rollup: a turn counts at once, once", async () => {
    const [before] = (await reports()) as [{ total_llm_calls: number }];
    await givenCredits(world, "dee", "10");
    await runTurn(world, await givenSession(world, "dee"), { user: "dee" });
    const [after] = (await reports()) as [{ total_llm_calls: number }];
    expect(after.total_llm_calls).toBe(before.total_llm_calls + 1);
    expect(await runJob(world.deps, { job: "verify" })).toMatchObject({ broken: 0, days_summed_up: 0 });
    expect(((await reports()) as [{ total_llm_calls: number }])[0].total_llm_calls).toBe(after.total_llm_calls);
  });

  it("are added once by runs at the same time", async () => {
    const other = await testWorld();
    const calls = ["2026-02-01T13:00:00Z", "2026-02-02T13:00:00Z"].map((at, turn) => call(`${turn}`, "ada", "default", at));
    await seedEvents(other.owner.query, listedCalls(calls));
    await seedLedger(other.owner.query);
    const runs = await Promise.all(Array.from({ length: 8 }, () => addTotals(other.deps.db)));
    expect(runs.reduce((sum, days) => sum + days, 0)).toBe(2);
    expect((await checkInvariants(other.deps.db)).filter(({ broken }) => broken > 0)).toEqual([]);
    await other.end();
  });
});
