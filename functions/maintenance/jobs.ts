// The scheduled jobs. Each may run beside requests, beside itself, and again after it died.

import * as v from "valibot";
import type { StripeDeps } from "../stripe-webhook/deps.ts";
import { recordMaintenanceRun, type MaintenanceRun } from "@pantheon/core/maintenance/runs.ts";
import { errorName } from "@pantheon/core/log.ts";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { readLostRevenue } from "@pantheon/core/maintenance/lost-revenue.ts";
import { closeAbandoned } from "@pantheon/core/payments/abandon.ts";
import { reconcile } from "@pantheon/core/payments/reconcile.ts";
import { sweepLapsed } from "@pantheon/core/turns/recover.ts";

type Counts = Readonly<Record<string, number>>;

const JOBS = {
  /** Every minute: turns whose container died give their holds back. */
  sweep: async (deps) => ({ voided: await sweepLapsed(deps) }),
  /** Every 15 minutes: what webhooks lost is booked, and what nobody paid for a day is closed. */
  reconcile: reconcileWithStripe,
  /** Every day: do the books close? */
  verify: verifyLedger,
} as const satisfies Record<string, (deps: StripeDeps) => Promise<Counts>>;

/** What the schedule sends. */
const Job = v.object({ job: v.picklist(["sweep", "reconcile", "verify"]) });

/**
 * Runs the job that the event names, and answers what it found, as counts. Throws for an unknown job, and what the job throws: then the
 * scheduler sees it failed. Either way the run is left in the database, where health shows it.
 */
export async function runJob(deps: StripeDeps, event: unknown): Promise<Counts> {
  const { job } = v.parse(Job, event);
  const began = new Date(deps.clock());
  const counts = await JOBS[job](deps).catch(async (error: unknown) => {
    deps.log.error("job failed", { job, error: errorName(error) });
    await recordMaintenanceRun(deps.db, runOf(deps, job, began, "failed"), {}).catch(() => {}); // the failure itself is what matters
    throw error;
  });
  deps.log.info("job done", { job, ...counts });
  await recordMaintenanceRun(deps.db, runOf(deps, job, began, "done"), counts);
  return counts;
}

function runOf({ clock, config }: StripeDeps, job: MaintenanceRun["job"], began: Date, outcome: MaintenanceRun["outcome"]): MaintenanceRun {
  return { job, commit: config.commit, began_at: began, finished_at: new Date(Math.max(clock(), began.getTime())), outcome };
}

/** How far back a reconciliation looks: Stripe itself gives up on a webhook after three days. */
const LOOK_BACK_MS = 4 * 24 * 60 * 60 * 1_000;

async function reconcileWithStripe({ db, config, log, stripe, clock }: StripeDeps): Promise<Counts> {
  if (!stripe) return {};
  const found = await reconcile({ db, config, log, stripe }, new Date(clock() - LOOK_BACK_MS), true);
  const closed = await closeAbandoned({ db, config, log, stripe, clock });
  const { payments, reversals, quarantined } = found;
  return { payments, late: found.late.length, reversals, unknown: found.unknown.length, quarantined, failed: found.failed.length, closed };
}

/** Every broken invariant is counted under its name, which raises the alarm; what nobody paid for is said beside it. */
async function verifyLedger({ db, log }: StripeDeps): Promise<Counts> {
  const broken = (await checkInvariants(db)).filter((invariant) => invariant.broken > 0);
  for (const { name, broken: rows } of broken) log.count("invariant_broken", { invariant: name, rows });
  const { answers, lapsed_turns } = await readLostRevenue(db);
  return { broken: broken.length, lost_answers: answers, lapsed_turns };
}
