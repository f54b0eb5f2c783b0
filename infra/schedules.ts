// When the jobs of functions/maintenance run. A run that fails is not repeated, since the next one looks at everything
// that is due; the alarms tell of it.

import type { PantheonFunctions } from "./functions.ts";
import { stageName } from "./stage-name.ts";

export function createSchedules(functions: PantheonFunctions): sst.aws.CronV2[] {
  return Object.entries(SCHEDULES).map(
    ([job, schedule]) =>
      new sst.aws.CronV2(`${job[0]?.toUpperCase()}${job.slice(1)}`, {
        function: functions[job === "sweep" ? "maintenance-sweep" : "maintenance"].arn,
        schedule,
        event: { job },
        retries: 0,
        transform: { schedule: { name: stageName(job) } },
      }),
  );
}

/** By job. The daily one runs in the night of most, and off the full hour, when everybody's run. */
const SCHEDULES = {
  sweep: "rate(1 minute)",
  reconcile: "rate(15 minutes)",
  verify: "cron(17 3 * * ? *)",
} as const;
