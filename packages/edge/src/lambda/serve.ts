// A function as Lambda calls it: buffered, streaming, or by a schedule. Each is an adapter around the one container.

import type { Hono } from "hono";
import { DomainError } from "@pantheon/contract/error.ts";
import type { AppEnv } from "../shell/app-env.ts";
import { setHouseHeaders } from "../shell/envelope.ts";
import { lambdaHandler, type LambdaHandler } from "./buffered.ts";
import type { App, WithApp } from "./event.ts";
import { streamHandler, type StreamHandler } from "./streaming.ts";
import { problem } from "../output/problem.ts";
import { createContainer, NotConfigured, type Container } from "./container.ts";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Clock } from "@pantheon/contract/time.ts";

/** What a container is built within. */
export type Surroundings = {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly maxConnections: number;
  readonly reportTimeoutMs?: number;
};

type Closable = { readonly db: { close(): Promise<void> } };
type Connect<Deps> = (surroundings: Surroundings) => Deps;
type AppOf<Deps> = (deps: Deps) => Hono<AppEnv>;

/** One request at a time, and one connection to spare for a second statement. */
const LAMBDA_CONNECTIONS = 2;

/** The handler of a function behind the HTTP API. */
export function serve<Deps extends Closable>(name: string, connect: Connect<Deps>, appOf: AppOf<Deps>): LambdaHandler {
  return lambdaHandler(answering(containerOf(name, connect, appOf)));
}

/** The handler of the same function behind a URL that streams. */
export function serveStream<Deps extends Closable>(name: string, connect: Connect<Deps>, appOf: AppOf<Deps>): StreamHandler {
  const container = containerOf(name, connect, appOf);
  return streamHandler(answering(container), container.log);
}

/** As `serve`, once `warm` was tried: the start of a container waits for it, a few seconds at most, and no failure of it ends the start. */
export async function serveWarm<Deps extends Closable>(
  name: string,
  connect: Connect<Deps>,
  appOf: AppOf<Deps>,
  warm: (deps: Deps) => Promise<void>,
): Promise<LambdaHandler> {
  return lambdaHandler(answering(await warmed(containerOf(name, connect, appOf, warm))));
}

/** As `serveStream`, likewise. */
export async function serveStreamWarm<Deps extends Closable>(
  name: string,
  connect: Connect<Deps>,
  appOf: AppOf<Deps>,
  warm: (deps: Deps) => Promise<void>,
): Promise<StreamHandler> {
  const container = await warmed(containerOf(name, connect, appOf, warm));
  return streamHandler(answering(container), container.log);
}

/** Lambda gives a start ten seconds; what takes longer than this is left to the first request, which shares it. */
const WARM_MS = 3_000;

async function warmed(container: Container<App>): Promise<Container<App>> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, WARM_MS);
  await Promise.race([container.warm(), late.promise]);
  clearTimeout(timer);
  return container;
}

/** The handler of scheduled work, in which one question may look at everything for `reportTimeoutMs`. Throws NotConfigured, and what `run` throws: the schedule counts it as failed. */
export function serveSchedule<Deps extends Closable, T>(
  name: string,
  connect: Connect<Deps>,
  run: (deps: Deps, event: unknown) => Promise<T>,
  reportTimeoutMs: number,
): (event: unknown) => Promise<T> {
  const container = createContainer({
    name,
    connect: (surroundings) => connect({ ...surroundings, maxConnections: 1, reportTimeoutMs }),
    build: (deps) => deps,
    clock: Date.now,
  });
  return (event) => container.use((deps) => run(deps, event));
}

function containerOf<Deps extends Closable>(
  name: string,
  connect: Connect<Deps>,
  appOf: AppOf<Deps>,
  warm?: (deps: Deps) => Promise<void>,
): Container<App> {
  return createContainer<Deps, App>({
    name,
    ...(warm && { warm }),
    connect: (surroundings) => connect({ ...surroundings, maxConnections: LAMBDA_CONNECTIONS }),
    build: appOf,
    clock: Date.now,
  });
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
      setHouseHeaders(response.headers, { own: runtimeRequestId, caller: null }, commit);
      return response;
    },
  };
}
