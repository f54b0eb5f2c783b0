// The outermost layer of a request: its id and deadline, the headers that every response carries, and its one log line, which is written
// when the body ends.

import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Config } from "@pantheon/core/config/config.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Ticks } from "@pantheon/contract/time.ts";
import { invocationOf, type AppEnv } from "./app-env.ts";
import { seesBuild } from "./build-token.ts";
import { sourceOf } from "./source-address.ts";

type EdgeParts = {
  name: string;
  config: Pick<Config, "commit" | "logAddress" | "buildToken">;
  log: Log;
  ticks: Ticks;
  timeLeft: (c: Context<AppEnv>) => number;
  /** The response to a thrown thing that is no Error, which the framework would let through. */
  refuse: (thrown: unknown, c: Context<AppEnv>) => Response;
};

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The middleware that goes first. */
export function edge({ name, config, log, ticks, timeLeft, refuse }: EdgeParts): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const began = ticks();
    const { own, caller: callerRequestId } = requestIdsOf(c);
    c.set("requestId", own);
    c.set("callerRequestId", callerRequestId);
    c.set("seesBuild", seesBuild(config.buildToken, c.req.header("Pantheon-Build-Token")));
    c.set("deadline", began + timeLeft(c));
    c.set("idempotencyKey", null);
    c.set("sentBody", null);
    c.set("sentFile", null);
    c.set("refusal", null);
    c.set("reason", null);
    c.set("bodyEnd", null);
    // Headers that are set before anything answers are merged into every response: refusals, 404, 405 and preflights too.
    setHouseHeaders(c.res.headers, { own, caller: callerRequestId }, c.var.seesBuild ? config.commit : null);
    try {
      await inTime(next(), c.var.deadline - ANSWER_RESERVE_MS - ticks());
    } catch (thrown) {
      c.res = refuse(thrown, c);
    }
    const caller: AppEnv["Variables"]["caller"] | undefined = c.get("caller");
    if (c.res.status === 401) log.count("unauthenticated", { request_id: own, function: name });
    const line = (): void =>
      log.info("request", {
        request_id: own,
        caller_request_id: callerRequestId,
        function: name,
        method: c.req.method,
        route: routePath(c, -1),
        status: c.res.status,
        code: c.var.refusal,
        reason: c.var.reason,
        source: sourceOf(invocationOf(c).sourceAddress, config.logAddress),
        ms: Math.round(ticks() - began),
        user_id: caller?.actor ?? null,
      });
    // A body that streams is made after this: the adapter that sends it keeps the function for it.
    if (c.var.bodyEnd === null) line();
    else void c.var.bodyEnd.then(line);
  };
}

/** What is kept of the function's time to put a response on the wire. */
const ANSWER_RESERVE_MS = 250;

/**
 * Waits for the work, but not past the end of the function's time: a response that says so is better than a function that is killed in
 * silence. What was begun is then fenced or keyed like that of any dead container. (Timers count from 1 ms to about 24 days.)
 */
async function inTime(work: Promise<void>, ms: number): Promise<void> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooLate()), Math.min(Math.max(ms, 1), 2_147_483_647));
  try {
    await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(): DomainError {
  const detail = "The request could not be finished in time. Its effect may have taken place: send it again with the same Idempotency-Key.";
  return new DomainError("out_of_time", detail, { retryAfter: 1 });
}

type RequestIds = { readonly own: string; readonly caller: string | null };

/** What every response carries, also one that no application gave. `commit` is null for whoever is not told the build. */
export function setHouseHeaders(headers: Headers, { own, caller }: RequestIds, commit: string | null): void {
  headers.set("X-Request-Id", caller ?? own);
  headers.set("Pantheon-Request-Id", own);
  if (commit !== null) headers.set("Pantheon-Version", commit);
  headers.set("Strict-Transport-Security", "max-age=63072000; includeSubDomains");
  headers.set("Cache-Control", "no-store");
  headers.set("X-Content-Type-Options", "nosniff");
}

/** Ours is the runtime's, or a new one. The caller's is kept beside it when it is safe to repeat in a header and a log line. */
function requestIdsOf(c: Context<AppEnv>): RequestIds {
  return { own: plain(invocationOf(c).runtimeRequestId) ?? newId(), caller: plain(c.req.header("X-Request-Id")) };
}

function plain(id: string | undefined): string | null {
  return id !== undefined && REQUEST_ID.test(id) ? id : null;
}
