// A function as Lambda calls it: configuration, dependencies and application, built once when the container starts.

import type { Hono } from "hono";
import { ConfigError, readProcessConfig, type Config } from "../config.ts";
import type { AppEnv, FunctionName } from "../http/app-env.ts";
import { lambdaHandler, notConfigured, type LambdaHandler } from "../http/lambda.ts";
import { createLog } from "../http/log.ts";
import { createDeps, type Deps } from "./deps.ts";

/** One request at a time, and one connection to spare for a second statement. */
const LAMBDA_CONNECTIONS = 2;

/** The handler of a function. A wrong or missing variable does not end the container: every request is answered 503 and says so in the log. */
export function serve(name: FunctionName, appOf: (deps: Deps) => Hono<AppEnv>): LambdaHandler {
  let config: Config;
  try {
    config = readProcessConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return notConfigured(error.names, { commit: error.commit, log: createLog(name, "unknown", Date.now) });
  }
  const log = createLog(name, config.stage, Date.now);
  return lambdaHandler(appOf(createDeps({ config, log, clock: Date.now, maxConnections: LAMBDA_CONNECTIONS })));
}
