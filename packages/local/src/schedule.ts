// The schedule of the local world: the jobs of the function `maintenance`, as often as a stage runs them. Each runs once at the start, so
// that health shows all of them from then on.

import { setTimeout as sleep } from "node:timers/promises";
import type { JobName } from "@pantheon/contract/vocabulary.ts";
import { JOBS } from "@pantheon/functions/functions.ts";
import type { Deps } from "@pantheon/functions/whole.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";

/**
 * Runs the jobs, as often as the manifest says unless `everyMs` says otherwise. One that fails is tried again when its time comes round; the log has the reason. Answers how to stop it: no further run
 * begins, and what is going on is waited for.
 */
export function startSchedule(deps: Deps, everyMs: Partial<Record<JobName, number>> = {}): () => Promise<void> {
  const stopping = new AbortController();
  const repeat = async (job: string, ms: number) => {
    while (!stopping.signal.aborted) {
      await runJob(deps, { job }).catch(() => {}); // it has said so itself, and left it in the database
      await sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = Promise.all(
    Object.entries(JOBS).map(([job, { everyMinutes }]) => repeat(job, everyMs[job as JobName] ?? everyMinutes * 60_000)),
  );
  return async () => {
    stopping.abort();
    await running;
  };
}
