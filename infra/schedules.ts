// When a stage calls the scheduled functions (functions/functions.ts). A run that fails is not repeated, since the next one looks at
// everything that is due; the alarms tell of it.

import { JOBS, type Job } from "../functions/functions.ts";
import type { PantheonFunctions } from "./functions.ts";
import { stageName } from "./stage-name.ts";

export function createSchedules(functions: PantheonFunctions): sst.aws.CronV2[] {
  return Object.entries<Job>(JOBS).map(
    ([name, job]) =>
      new sst.aws.CronV2(`${name[0]?.toUpperCase()}${name.slice(1)}`, {
        function: functions[job.runsIn].arn,
        schedule: scheduleOf(job),
        event: { job: name },
        retries: 0,
        transform: { schedule: { name: stageName(name) } },
      }),
  );
}

function scheduleOf({ everyMinutes, at }: Job) {
  if (at) return `cron(${at.minute} ${at.hour} * * ? *)` as const;
  return `rate(${everyMinutes} ${everyMinutes === 1 ? "minute" : "minutes"})` as const;
}
