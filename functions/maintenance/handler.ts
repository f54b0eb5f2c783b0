// The Lambda function `maintenance`: scheduled, no address of its own.

import { readProcessConfig } from "@pantheon/core/config.ts";
import { createDeps } from "@pantheon/core/container/deps.ts";
import { createLog } from "@pantheon/core/http/log.ts";
import { runJob } from "./jobs.ts";

const config = readProcessConfig();
const log = createLog("maintenance", config.stage, Date.now);
const deps = createDeps({ config, log, clock: Date.now, maxConnections: 1 });

export const handler = (event: unknown) => runJob(deps, event);
