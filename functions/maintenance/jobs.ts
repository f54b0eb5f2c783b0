// The scheduled jobs. Each may run beside requests, beside itself, and again after it died; each ends in its own time, and the next run
// goes on where it stopped.

import * as v from "valibot";
import { JOBS } from "../functions.ts";
import type { StripeDeps } from "../stripe-webhook/deps.ts";
import { JOBS as JOB_NAMES, type JobName } from "@pantheon/contract/vocabulary.ts";
import { readConnectedRole } from "@pantheon/core/db/connected-role.ts";
import { readProgress, recordMaintenanceRun, type MaintenanceRun } from "@pantheon/core/maintenance/runs.ts";
import { errorName } from "@pantheon/core/log.ts";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { keepForATime } from "@pantheon/core/maintenance/erasure.ts";
import { readLostRevenue } from "@pantheon/core/maintenance/lost-revenue.ts";
import { keepUp } from "@pantheon/core/payments/upkeep.ts";
import { addTotals } from "@pantheon/core/reports/totals.ts";
import { sweepLapsed } from "@pantheon/core/turns/sweep.ts";

type Counts = Readonly<Record<string, number>>;

/** A run of a job: when it began, and how far it came, if it says so; that is recorded also when it fails. */
type Run = { readonly began: number; progress?: object };

const RUNS = {
  /** Turns whose container died give their holds back; what is kept for a time only is erased. */
  sweep,
  /** What webhooks lost is booked, and what nobody paid for a day is closed. */
  reconcile: reconcileWithStripe,
  /** Days that are over are summed up. Do the books close? One statement, which has a time of its own (handler.ts). */
  verify: verifyLedger,
} as const satisfies Record<JobName, (deps: StripeDeps, run: Run) => Promise<Counts>>;

/** What the schedule sends. */
const Job = v.object({ job: v.picklist(JOB_NAMES) });

/**
 * Runs the job that the event names, and returns what it found, as counts; `unfinished: 1` among them when its time was over first. Throws
 * for an unknown job, and what the job throws: then the scheduler sees it failed. Either way the run is left in the database, where
 * health shows it.
 */
export async function runJob(deps: StripeDeps, event: unknown): Promise<Counts> {
  const { job } = v.parse(Job, event);
  const run: Run = { began: deps.clock() };
  const counts = await RUNS[job](deps, run).catch(async (error: unknown) => {
    deps.log.error("job failed", { job, error: errorName(error) });
    await recordMaintenanceRun(deps.db, runOf(deps, job, run, "failed"), {}, run.progress).catch(() => {}); // the failure itself is what matters
    throw error;
  });
  deps.log.info("job done", { job, ...counts });
  await recordMaintenanceRun(deps.db, runOf(deps, job, run, "done"), counts, run.progress);
  return counts;
}

function runOf({ clock, config }: StripeDeps, job: JobName, { began }: Run, outcome: MaintenanceRun["outcome"]): MaintenanceRun {
  return { job, commit: config.commit, began_at: new Date(began), finished_at: new Date(Math.max(clock(), began)), outcome };
}

async function sweep(deps: StripeDeps, run: Run): Promise<Counts> {
  const time = timeOf(deps, run);
  const isOver = () => time.isOver(JOBS.sweep.endsWithinMs);
  const voided = await sweepLapsed(deps, isOver);
  const stored = await readProgress(deps.db, "sweep");
  const erased = await keepForATime(deps.db, deps.config, {
    now: run.began,
    isOver,
    stored,
    keep: (progress) => (run.progress = progress),
  });
  return { voided, ...erased, ...time.counts() };
}

/** Whether so many milliseconds of a run are over, and whether anything was left undone for it. */
function timeOf({ clock }: StripeDeps, { began }: Run): { isOver: (ms: number) => boolean; counts: () => Counts } {
  let cut = 0;
  const isOver = (ms: number) => {
    const over = clock() >= began + ms;
    if (over) cut = 1;
    return over;
  };
  return { isOver, counts: () => (cut > 0 ? { unfinished: cut } : {}) };
}

/** Whoever owns the tables can switch their guards off: a stage that connects so is told of, every quarter of an hour. */
async function watchRole({ db, log }: StripeDeps): Promise<void> {
  const [role] = await readConnectedRole(db);
  if (role?.ok === false) log.count("connected_as_owner");
}

async function reconcileWithStripe(deps: StripeDeps, run: Run): Promise<Counts> {
  await watchRole(deps);
  const { stripe } = deps;
  if (!stripe) return {};
  const time = timeOf(deps, run);
  const found = await keepUp(
    { ...deps, stripe },
    {
      began: run.began,
      isOver: time.isOver,
      endsWithinMs: JOBS.reconcile.endsWithinMs,
      stored: await readProgress(deps.db, "reconcile"),
      keep: (progress) => (run.progress = progress),
    },
  );
  return { ...found, ...time.counts() };
}

/** Every broken invariant is counted under its name, which raises the alarm; what nobody paid for is said beside it. */
async function verifyLedger({ db, log }: StripeDeps): Promise<Counts> {
  const days = await addTotals(db); // first, so that what is new is looked at too
  const broken = (await checkInvariants(db)).filter((invariant) => invariant.broken > 0);
  for (const { name, broken: rows } of broken) log.count("invariant_broken", { invariant: name, rows });
  const { answers, lapsed_turns } = await readLostRevenue(db);
  return { broken: broken.length, lost_answers: answers, lapsed_turns, days_summed_up: days };
}
