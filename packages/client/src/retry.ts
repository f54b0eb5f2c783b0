// Which outcomes of a call are worth another try, and when. A write is tried again only because it carries a key.

import { NoResponse } from "./error.ts";
import type { Received } from "./received.ts";

export type RetryRules = {
  /** How often a call is sent at most. */
  readonly tries: number;
  /** Milliseconds after the first try in which the last one must begin. */
  readonly totalMs: number;
  /** The first wait in milliseconds where the product names none; it doubles from try to try. */
  readonly firstWaitMs: number;
};

export const RETRY_RULES: RetryRules = { tries: 5, totalMs: 60_000, firstWaitMs: 200 };

const MAX_WAIT_MS = 8_000;

/** True for what may end otherwise the next time: a lost connection, a key that still runs, a limit, a database that is away. */
export function isWorthRetrying(outcome: Received | NoResponse): boolean {
  if (outcome instanceof NoResponse || outcome.status === 429) return true;
  if (outcome.status === 409) return outcome.code === "idempotency_in_progress";
  return outcome.status === 503 && outcome.code !== "not_configured";
}

/**
 * Milliseconds until the next try, never sooner than the product said; null when there is none: too many tries, or too late. `random` is
 * from 0 to 1, so that many clients that were cut off together do not come back together.
 */
export function waitBefore(
  next: { readonly tried: number; readonly spentMs: number },
  rules: RetryRules,
  asked: number | null,
  random: number,
) {
  if (next.tried >= rules.tries) return null;
  const backoff = Math.min(rules.firstWaitMs * 2 ** (next.tried - 1), MAX_WAIT_MS);
  const wait = asked === null ? backoff * (0.5 + random / 2) : asked * 1_000 + rules.firstWaitMs * random;
  return next.spentMs + wait > rules.totalMs ? null : wait;
}
