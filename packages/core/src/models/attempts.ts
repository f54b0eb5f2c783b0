// Which route is tried next, and after what wait. Pure but for the resting routes it is told of.

import type { Failure } from "./failure.ts";
import type { Provider, Route } from "./model.ts";
import type { UsageReport } from "./report.ts";
import type { AnswerEvent, CutEvent } from "./request.ts";

/** A try that gave no answer. What it reported may be billed to us all the same; it is never charged to a user. */
export type Attempt = {
  readonly provider: Provider;
  readonly providerModel: string;
  readonly failure: Failure;
  readonly latencyMs: number;
  readonly usage: UsageReport | null;
};

/** Which route answers, after which attempts that failed. */
export type RouteEvent = { readonly type: "route"; readonly route: Route; readonly attempts: readonly Attempt[] };

export type ModelEvent = RouteEvent | AnswerEvent | CutEvent;

/** Attempts in all, when there are no more routes than that. */
export const MOST_ATTEMPTS = 3;

export type Next = { readonly route: Route; readonly waitMs: number; readonly othersLeft: boolean };

/**
 * The next route after these attempts: those not tried yet in their order, resting ones last; then again the one that failed longest
 * ago, after the wait that it asked for, or 0.2 to 0.8 s. Null when no more attempt is due: the last failure would come again
 * everywhere, or there were enough, or no route is left that another try may help. `random` is from 0 to 1.
 */
export function nextRoute(
  routes: readonly Route[],
  attempts: readonly Attempt[],
  isResting: (route: Route) => boolean,
  random: number,
): Next | null {
  const last = attempts.at(-1);
  if (last !== undefined && !last.failure.retryable) return null;
  const untried = routes.filter((route) => lastAttempt(route, attempts) === undefined);
  const [route] = [...untried.filter((one) => !isResting(one)), ...untried.filter(isResting)];
  if (route !== undefined) return { route, waitMs: 0, othersLeft: untried.length > 1 };
  if (attempts.length >= MOST_ATTEMPTS) return null;
  const again = attempts.find(({ failure }, index) => isPassing(failure) && isLastOfItsRoute(attempts, index));
  const same = routes.find((one) => again !== undefined && isOf(again, one));
  if (again === undefined || same === undefined) return null;
  const asked = again.failure.retryAfterSeconds;
  return { route: same, waitMs: asked === null ? 200 * attempts.length * (1 + random) : asked * 1_000, othersLeft: false };
}

function isOf({ provider, providerModel }: Attempt, route: Route): boolean {
  return provider === route.provider && providerModel === route.model;
}

function lastAttempt(route: Route, attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.findLast((attempt) => isOf(attempt, route));
}

function isLastOfItsRoute(attempts: readonly Attempt[], index: number): boolean {
  const { provider, providerModel } = attempts[index] ?? {};
  return !attempts.slice(index + 1).some((later) => later.provider === provider && later.providerModel === providerModel);
}

/** A wrong key or an empty account will be the same in a second. */
function isPassing({ kind, retryable }: Failure): boolean {
  return retryable && kind !== "auth" && kind !== "no_money";
}
