// What the core may say to its operator: lines and counts. Fields are ids and outcomes, never bodies, tokens, keys or whole events.

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Everything that may be counted, and alarmed on. */
export type Metric =
  | "payment_quarantined"
  | "payment_late"
  | "reversal_quarantined"
  | "over_hold"
  | "absorbed_over_hold"
  | "estimated_usage"
  | "impossible_usage"
  | "usage_above_window"
  | "lost_revenue"
  | "void_failed"
  | "database_retry"
  | "invariant_broken";

export type Log = {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Adds one to a metric. */
  count(metric: Metric, fields?: LogFields): void;
};
