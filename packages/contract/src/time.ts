// Time is passed in, never read: the core has no clock of its own. Leases and ledger rows use the database's clock.

/**
 * Milliseconds since 1970 (UTC): for dates, never for a duration, since this clock may be set. The edge passes `Date.now`, a test what
 * it likes.
 */
export type Clock = () => number;

/** Milliseconds that only go forward, from a beginning that means nothing: for durations and deadlines (`performance.now`). */
export type Ticks = () => number;

/**
 * Milliseconds since `then`, by a clock that may have been set: endless when it went back, so that what is kept for a while is looked
 * at again instead of lasting. For waits that outlive a freeze of the process, in which ticks may stand still.
 */
export function elapsed(clock: Clock, then: number): number {
  const ms = clock() - then;
  return ms < 0 ? Infinity : ms;
}

/** RFC 3339 in UTC with milliseconds, the only form in which a time leaves (contract section 1). */
export function rfc3339(time: Date): string {
  return time.toISOString();
}
