// The function `maintenance` has no address: it is known by the last run of each of its jobs, which health shows.
//
// The sweep runs every minute, so its last run proves which build the schedule starts; after a deploy the first one may be a minute away
// and is waited for. The other jobs run rarely: a last run by another build is one from before the deploy, as long as it ended before
// the newest sweep did. One that ended later means that two builds take turns, which is drift. On a new stage a rare job may not have come
// round yet: how old the stage is at least, the user's first transaction there tells.

import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { JobName } from "@pantheon/contract/vocabulary.ts";
import { Time } from "@pantheon/contract/wire.ts";
import { JOBS } from "@pantheon/functions/functions.ts";
import { read, statusLine, Surprise } from "./answer.ts";
import type { Finding } from "./evidence.ts";
import { askHealth, type Health } from "./health-rows.ts";
import { sameCommit, shortened, type Stage } from "./stage.ts";

type Run = Health["maintenance"][number];
type Runs = { readonly now: number; readonly by: ReadonlyMap<string, Run> };

export type Patience = { readonly waitMs: number; readonly pollMs: number };

const MINUTE_MS = 60_000;
const maxAgeMs = (job: JobName) => JOBS[job].lateAfterMinutes * MINUTE_MS;

/** One row a job. `build` is the commit that is meant to be live, null when no function told it. */
export async function maintenanceRows(stage: Stage, build: string | null, patience: Patience): Promise<void> {
  const { evidence } = stage;
  const by = build === null ? "the build" : shortened(build);
  const sweep = {
    id: "maintenance.sweep",
    what: "maintenance is the expected build: the last sweep",
    expected: `done by ${by} within ${inWords(JOBS.sweep.lateAfterMinutes)}`,
  };
  const runs = await evidence.check(sweep, [build], async (expected) => {
    const found = await awaitSweep(stage, expected, patience);
    return { ...judge(found, "sweep", (run) => sameCommit(run.commit, expected)), value: found };
  });
  const rare = [
    { job: "reconcile", what: "the last reconciliation with Stripe" },
    { job: "verify", what: "the last audit of the ledger" },
  ] as const;
  for (const { job, what } of rare) {
    const head = {
      id: `maintenance.${job}`,
      what,
      expected: `done within ${inWords(JOBS[job].lateAfterMinutes)}, by ${by} or before its deploy`,
    };
    await evidence.check(head, [build, runs], async (expected, found) => {
      if (!found.by.has(job)) return neverRan(stage, found, job);
      return judge(found, job, (run) => isOfBuildOrBefore(run, found, expected));
    });
  }
}

/** The runs as soon as the sweep is one of the build, or as they are when patience ends. A sweep of the build that is late is not waited for. */
async function awaitSweep(stage: Stage, build: string, { waitMs, pollMs }: Patience): Promise<Runs> {
  const until = performance.now() + waitMs;
  let told = false;
  for (;;) {
    const runs = await readRuns(stage);
    const sweep = runs.by.get("sweep");
    const isOfBuild = sweep !== undefined && sameCommit(sweep.commit, build);
    if (isOfBuild || performance.now() >= until || stage.signal.aborted) return runs;
    if (!told) stage.notice(`waiting up to ${Math.round(waitMs / 1_000)} s for the first sweep of ${shortened(build)}`);
    told = true;
    await sleep(pollMs, undefined, { signal: stage.signal }).catch(() => {}); // a stopped run looks once more and goes on to put things back
  }
}

/** Ages are taken between two clocks of the stage: this machine's may be off. */
async function readRuns(stage: Stage): Promise<Runs> {
  const { answer, health } = await askHealth(stage, { name: "turns", at: null });
  if (health === null || answer.status !== 200) throw new Surprise(statusLine(answer), answer);
  const date = Date.parse(answer.headers.get("date") ?? "");
  return { now: Number.isNaN(date) ? stage.clock() : date, by: new Map(health.maintenance.map((run) => [run.job, run])) };
}

function isOfBuildOrBefore(run: Run, { by }: Runs, build: string): boolean {
  const sweep = by.get("sweep");
  const isReplaced = sweep !== undefined && sameCommit(sweep.commit, build) && Date.parse(run.finished_at) <= Date.parse(sweep.finished_at);
  return sameCommit(run.commit, build) || isReplaced;
}

function judge({ now, by }: Runs, job: JobName, isRightBuild: (run: Run) => boolean): { ok: boolean; seen: string } {
  const run = by.get(job);
  if (run === undefined) return { ok: false, seen: `never ran: look at its schedule, or invoke maintenance with {"job":"${job}"}` };
  const age = now - Date.parse(run.finished_at);
  const seen = `${run.outcome} ${ageOf(age)} ago by ${shortened(run.commit)}`;
  return { ok: run.outcome === "done" && age <= maxAgeMs(job) && age > -MINUTE_MS && isRightBuild(run), seen };
}

/** A stage that was verified before the job's time has had its chance to run it. */
async function neverRan({ ask }: Stage, { now }: Runs, job: JobName): Promise<Finding<never>> {
  const page = async (offset: number) => {
    const answer = await ask("GET", `/api/v1/users/me/transactions?limit=1&offset=${offset}`, { as: "user" });
    return { ...read(answer, 200, Transactions), answer };
  };
  const { total } = await page(0);
  const { transactions, answer } = await page(Math.max(0, Math.min(total - 1, LAST_OFFSET)));
  const age = now - Date.parse(transactions[0]?.created_at ?? "");
  if (age <= maxAgeMs(job)) return { ok: true, seen: `has not come round yet: first verified ${ageOf(age)} ago`, answer };
  const since = Number.isNaN(age) ? "" : `, though this stage was verified ${ageOf(age)} ago`;
  return { ok: false, seen: `never ran${since}: look at its schedule, or invoke maintenance with {"job":"${job}"}`, answer };
}

const LAST_OFFSET = 10_000; // further the list does not go
const Transactions = v.object({ total: v.number(), transactions: v.array(v.object({ created_at: Time })) });

function inWords(minutes: number): string {
  return minutes < 120 ? `${minutes} minutes` : `${minutes / 60} hours`;
}

function ageOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
