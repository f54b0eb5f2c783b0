// What the core may say to its admin: lines and counts. Fields are ids and outcomes, never bodies, tokens, keys or whole events.

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Everything that may be counted, and alarmed on. */
export type Metric =
  | "payment_quarantined"
  | "payment_late"
  | "reversal_quarantined"
  | "over_hold"
  | "absorbed_over_hold"
  | "turn"
  | "insufficient_credits"
  | "provider_failed"
  | "estimated_usage"
  | "impossible_usage"
  | "usage_above_window"
  | "lost_revenue"
  | "void_failed"
  | "lease_lost"
  | "database_retry"
  | "bad_signature"
  | "unauthenticated"
  | "admin_grant"
  | "connected_as_owner"
  | "invariant_broken";

/** What may be measured beside a count: whole milliseconds, whole credits. */
export type Figures = Readonly<Partial<Record<"first_byte_ms" | "settle_ms" | "credits_granted", number>>>;

export type Log = {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Adds one to a metric. `figures` are metrics of the same line, each with a value of its own. */
  count(metric: Metric, fields?: LogFields, figures?: Figures): void;
};

const CODE = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * What a log line may say of an error: its class and its code, `TypeError` or `Error ECONNRESET`. Never its message: that is written by
 * a database, a payment provider or a model provider, and may quote what somebody sent.
 */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = "code" in error && typeof error.code === "string" && CODE.test(error.code) ? error.code : null;
  const name = CODE.test(error.name) ? error.name : "Error";
  return code === null || code === name ? name : `${name} ${code}`;
}
