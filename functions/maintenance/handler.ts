// The Lambda function `maintenance`: scheduled, no address of its own.

import { serveSchedule } from "@pantheon/edge/lambda/serve.ts";
import { JOBS } from "../functions.ts";
import { stripeDeps } from "../stripe-webhook/deps.ts";
import { runJob } from "./jobs.ts";

export const handler = serveSchedule("maintenance", stripeDeps, runJob, JOBS.verify.endsWithinMs);
