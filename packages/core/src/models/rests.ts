// Which routes rest: one that failed often is tried after the others for a while. Kept per container; nothing is refused because of it.

import type { Ticks } from "@pantheon/contract/time.ts";
import type { Failure } from "./failure.ts";
import type { Route } from "./model.ts";

export type Rests = {
  isResting(route: Route): boolean;
  /** Counts a failure. Gives the seconds that the route now rests, or null when it does not. */
  failed(route: Route, failure: Failure): number | null;
  succeeded(route: Route): void;
};

const FAILURES_BEFORE_REST = 3;
const REST_SECONDS = 30;
const LONGEST_REST_SECONDS = 300;

/** No route rests yet. */
export function createRests(ticks: Ticks): Rests {
  const routes = new Map<string, { failures: number; until: number }>();
  return {
    isResting: (route) => ticks() < (routes.get(nameOf(route))?.until ?? 0),
    failed: (route, { kind, retryable, retryAfterSeconds }) => {
      if (!retryable) return null; // that says something of the request, not of the route
      const failures = (routes.get(nameOf(route))?.failures ?? 0) + 1;
      const rests = failures >= FAILURES_BEFORE_REST || kind === "auth" || kind === "no_money"; // those two are not over in a moment
      const seconds = Math.min(Math.max(REST_SECONDS, retryAfterSeconds ?? 0), LONGEST_REST_SECONDS);
      routes.set(nameOf(route), { failures, until: rests ? ticks() + seconds * 1_000 : 0 });
      return rests ? seconds : null;
    },
    succeeded: (route) => void routes.delete(nameOf(route)),
  };
}

function nameOf({ provider, model }: Route): string {
  return `${provider} ${model}`;
}
