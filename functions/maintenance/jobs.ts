// The scheduled jobs. Each may run beside requests, beside itself, and again after it died.

import * as v from "valibot";
import type { Deps } from "@pantheon/core/container/deps.ts";
import { reconcile } from "@pantheon/core/topups/reconcile.ts";

/** What the schedule sends. */
const Job = v.object({ job: v.picklist(["reconcile"]) });

/** How far back a reconciliation looks: Stripe itself gives up on a webhook after three days. */
const LOOK_BACK_MS = 4 * 24 * 60 * 60 * 1_000;

/** Runs the job that the event names, and answers what it found, as counts. Throws for an unknown job, and what the job throws. */
export async function runJob(deps: Deps, event: unknown): Promise<Readonly<Record<string, number>>> {
  v.parse(Job, event);
  const { db, config, log, stripe, clock } = deps;
  if (!stripe) {
    log.info("nothing to reconcile: no key for Stripe is set");
    return {};
  }
  const found = await reconcile({ db, config, log, stripe }, new Date(clock() - LOOK_BACK_MS), true);
  const counts = {
    payments: found.payments,
    late: found.late.length,
    reversals: found.reversals,
    unknown: found.unknown.length,
    quarantined: found.quarantined,
  };
  log.info("reconciled with Stripe", counts);
  return counts;
}
