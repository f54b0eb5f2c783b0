// The schedule of the local world: the jobs of the function `maintenance`, as often as a stage runs them. Each runs once at the start, so
// that health shows all of them from then on.

import { setTimeout as sleep } from "node:timers/promises";
import type { Deps } from "@pantheon/functions/whole.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";

export const EVERY_MS = { sweep: 60_000, reconcile: 15 * 60_000, verify: 24 * 3_600_000 } as const;

/**
 * Runs the jobs. One that fails is tried again when its time comes round; the log has the reason. Answers how to stop it: no further run
 * begins, and what is going on is waited for.
 */
export function startSchedule(deps: Deps, every: Readonly<Record<keyof typeof EVERY_MS, number>> = EVERY_MS): () => Promise<void> {
  const stopping = new AbortController();
  const repeat = async (job: string, ms: number) => {
    while (!stopping.signal.aborted) {
      await runJob(deps, { job }).catch(() => {}); // it has said so itself, and left it in the database
      await sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = Promise.all(Object.entries(every).map(([job, ms]) => repeat(job, ms)));
  return async () => {
    stopping.abort();
    await running;
  };
}
