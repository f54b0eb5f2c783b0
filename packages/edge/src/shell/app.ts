// The shell of every function: request id, version, limits, CORS, health, one log line a request, and every failure as a problem
// document. Knows no route of the product and no database.

import { Hono, type Context, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Config } from "@pantheon/core/config/config.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Clock, Ticks } from "@pantheon/contract/time.ts";
import { invocationOf, type AppEnv } from "./app-env.ts";
import { edge } from "./envelope.ts";
import { health, type HealthProbe } from "./health.ts";
import { remembered } from "./remembered.ts";
import { limits } from "./size-limits.ts";
import { problem } from "../output/problem.ts";
import { refusalOf } from "./thrown.ts";

type AppParts = {
  name: string;
  config: Pick<Config, "stage" | "version" | "commit" | "corsAllowedOrigins" | "logAddress" | "buildToken">;
  log: Log;
  clock: Clock;
  ticks: Ticks;
  /** Asks the database where it stands; throws when it is away. */
  health: () => Promise<HealthProbe>;
  /** Mounts the function's routes, under their full paths. */
  routes: (app: Hono<AppEnv>) => void;
  /** Milliseconds left for this request. */
  timeLeft?: (c: Context<AppEnv>) => number;
  /** The most bytes of a body: of every request, or of this one; undefined where it is like any other. */
  maxBodyBytes?: number | ((request: Request) => number | undefined);
  /** How a refusal is told: a problem document, unless callers of this function know another shape. */
  refused?: (refusal: DomainError, requestId: string, path: string) => Response;
  /** Headers that browsers may send beside the house's own. */
  allowHeaders?: readonly string[];
};

const MAX_BODY_BYTES = 256 * 1024;
const DEFAULT_TIME_LEFT_MS = 29_000; // the gateway in front ends at 30 s

/** One function as a fetch-style application. It never rejects: whatever is thrown inside is answered as a problem. */
export function createApp({
  name,
  config,
  log,
  clock,
  ticks,
  health: probe,
  routes,
  timeLeft,
  maxBodyBytes,
  ...told
}: AppParts): Hono<AppEnv> {
  const { refused = problem, allowHeaders = [] } = told;
  const app = new Hono<AppEnv>();
  const refuse = (thrown: unknown, c: Context<AppEnv>): Response => {
    const refusal = refusalOf(thrown, log, { request_id: c.var.requestId, function: name });
    c.set("refusal", refusal.code);
    c.set("reason", refusal.reason);
    return refused(refusal, c.var.callerRequestId ?? c.var.requestId, c.req.path);
  };
  app.onError(refuse);
  app.notFound((c) => refuse(new DomainError("not_found", "Not found."), c));
  app.use(edge({ name, config, log, ticks, timeLeft: timeLeft ?? runtimeTimeLeft, refuse }));
  app.use(browsers(config.corsAllowedOrigins, allowHeaders));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c: Context<AppEnv>, methods) => refuseMethod(refuse, c, methods) }));
  app.use(limits((request) => (typeof maxBodyBytes === "function" ? maxBodyBytes(request) : maxBodyBytes) ?? MAX_BODY_BYTES));
  health(app, { name, config, probe, recent: config.stage === "local" ? probe : remembered(probe, clock) });
  routes(app);
  return app;
}

function runtimeTimeLeft(c: Context<AppEnv>): number {
  return invocationOf(c).timeLeft?.() ?? DEFAULT_TIME_LEFT_MS;
}

/** Browsers may call from exactly the configured origins; tokens travel in a header, so credentials are never allowed. */
function browsers(origins: readonly string[], more: readonly string[]): MiddlewareHandler {
  return cors({
    origin: [...origins],
    allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "X-Request-Id", ...more],
    exposeHeaders: [
      "X-Request-Id",
      "Pantheon-Request-Id",
      "Pantheon-Version",
      "Idempotency-Replayed",
      "Retry-After",
      "ETag",
      "WWW-Authenticate",
    ],
    maxAge: 600,
  });
}

function refuseMethod(refuse: (thrown: unknown, c: Context<AppEnv>) => Response, c: Context<AppEnv>, methods: readonly string[]): Response {
  const detail = `This address takes ${methods.join(", ")}, and not ${c.req.method}.`;
  const response = refuse(new DomainError("method_not_allowed", detail), c);
  response.headers.set("Allow", methods.join(", "));
  return response;
}
