// Time is passed in, never read: the core has no clock of its own. Leases and ledger rows use the database's clock.

/** Milliseconds since 1970 (UTC). The edge passes `Date.now`, a test what it likes. */
export type Clock = () => number;

/** RFC 3339 in UTC with milliseconds, the only form in which a time leaves (contract section 1). */
export function rfc3339(time: Date): string {
  return time.toISOString();
}
