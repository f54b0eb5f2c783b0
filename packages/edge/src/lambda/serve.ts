// A function as Lambda calls it: buffered, streaming, or by a schedule. Each is an adapter around the one container.

import type { Hono } from "hono";
import { DomainError } from "@pantheon/contract/error.ts";
import type { AppEnv, FunctionName } from "../shell/app-env.ts";
import { setHouseHeaders } from "../shell/envelope.ts";
import { lambdaHandler, type LambdaHandler } from "./buffered.ts";
import type { App, WithApp } from "./event.ts";
import { streamHandler, type StreamHandler } from "./streaming.ts";
import { problem } from "../output/problem.ts";
import { createContainer, NotConfigured, type Container } from "./container.ts";
import type { Deps } from "@pantheon/functions/deps.ts";

type AppOf = (deps: Deps) => Hono<AppEnv>;

/** One request at a time, and one connection to spare for a second statement. */
const LAMBDA_CONNECTIONS = 2;

/** A job may look at everything for nearly as long as its function may run (10 minutes, infra/functions.ts). */
const JOB_REPORT_TIMEOUT_MS = 9 * 60_000;

/** The handler of a function behind the HTTP API. */
export function serve(name: FunctionName, appOf: AppOf): LambdaHandler {
  return lambdaHandler(answering(containerOf(name, appOf)));
}

/** The handler of the same function behind a URL that streams. */
export function serveStream(name: FunctionName, appOf: AppOf): StreamHandler {
  const container = containerOf(name, appOf);
  return streamHandler(answering(container), container.log);
}

/** The handler of scheduled work. Throws NotConfigured, and what `run` throws: the schedule counts it as failed. */
export function serveSchedule<T>(name: string, run: (deps: Deps, event: unknown) => Promise<T>): (event: unknown) => Promise<T> {
  const container = createContainer({
    name,
    maxConnections: 1,
    reportTimeoutMs: JOB_REPORT_TIMEOUT_MS,
    build: (deps) => deps,
    clock: Date.now,
  });
  return (event) => container.use((deps) => run(deps, event));
}

function containerOf(name: FunctionName, appOf: AppOf): Container<App> {
  return createContainer<App>({ name, maxConnections: LAMBDA_CONNECTIONS, build: appOf, clock: Date.now });
}

/** The container's application, or one that refuses everything while there is none. */
function answering(container: Container<App>): WithApp {
  return async (work) => {
    try {
      return await container.use(work);
    } catch (error) {
      if (!(error instanceof NotConfigured)) throw error;
      return work(unconfigured(container.commit));
    }
  };
}

const RETRY_AFTER_SECONDS = 2;

function unconfigured(commit: string): App {
  return {
    fetch(_request, { runtimeRequestId = "" }) {
      const refusal = new DomainError("not_configured", "This function is not configured.", { retryAfter: RETRY_AFTER_SECONDS });
      const response = problem(refusal, runtimeRequestId);
      setHouseHeaders(response.headers, runtimeRequestId, commit);
      return response;
    },
  };
}
