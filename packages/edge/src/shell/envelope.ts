// The outermost layer of a request: its id and deadline, the headers that every answer carries, and its one log line, which is written
// when the body ends.

import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Ticks } from "@pantheon/contract/time.ts";
import { invocationOf, type AppEnv } from "./app-env.ts";

type EdgeParts = {
  name: string;
  commit: string;
  log: Log;
  ticks: Ticks;
  timeLeft: (c: Context<AppEnv>) => number;
  /** The answer to a thrown thing that is no Error, which the framework would let through. */
  answer: (thrown: unknown, c: Context<AppEnv>) => Response;
};

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The middleware that goes first. */
export function edge({ name, commit, log, ticks, timeLeft, answer }: EdgeParts): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const began = ticks();
    const requestId = requestIdOf(c);
    c.set("requestId", requestId);
    c.set("deadline", began + timeLeft(c));
    c.set("idempotencyKey", null);
    c.set("sentBody", null);
    c.set("refusal", null);
    c.set("bodyEnd", null);
    // Headers that are set before anything answers are merged into every answer: refusals, 404, 405 and preflights too.
    setHouseHeaders(c.res.headers, requestId, commit);
    try {
      await inTime(next(), c.var.deadline - ANSWER_RESERVE_MS - ticks());
    } catch (thrown) {
      c.res = answer(thrown, c);
    }
    const caller: AppEnv["Variables"]["caller"] | undefined = c.get("caller");
    const line = (): void =>
      log.info("request", {
        request_id: requestId,
        function: name,
        method: c.req.method,
        route: routePath(c, -1),
        status: c.res.status,
        code: c.var.refusal,
        ms: Math.round(ticks() - began),
        user_id: caller?.actor ?? null,
      });
    // A body that streams is made after this: the adapter that sends it keeps the function for it.
    if (c.var.bodyEnd === null) line();
    else void c.var.bodyEnd.then(line);
  };
}

/** What is kept of the function's time to put an answer on the wire. */
const ANSWER_RESERVE_MS = 250;

/**
 * Waits for the work, but not past the end of the function's time: an answer that says so is better than a function that is killed in
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

/** What every answer carries, also one that no application gave. */
export function setHouseHeaders(headers: Headers, requestId: string, commit: string): void {
  headers.set("X-Request-Id", requestId);
  headers.set("Pantheon-Version", commit);
  headers.set("Cache-Control", "no-store");
  headers.set("X-Content-Type-Options", "nosniff");
}

/** The caller's id when it is safe to repeat in a header and a log line, else the runtime's, else a new one. */
function requestIdOf(c: Context<AppEnv>): string {
  const candidates = [c.req.header("X-Request-Id"), invocationOf(c).runtimeRequestId];
  return candidates.find((id) => id !== undefined && REQUEST_ID.test(id)) ?? newId();
}
