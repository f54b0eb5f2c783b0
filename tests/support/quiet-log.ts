// A log that keeps its lines, for tests that ask what was said and counted.

import type { Log, LogFields, Metric } from "@pantheon/core/log.ts";

export type QuietLog = Log & {
  readonly lines: { level: string; message: string; fields: LogFields }[];
  /** How often a metric was counted. */
  counted(metric: Metric): number;
};

const MAX_LINES = 50_000;

export function quietLog(): QuietLog {
  const lines: QuietLog["lines"] = [];
  const keep =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      if (lines.length < MAX_LINES) lines.push({ level, message, fields });
    };
  return {
    lines,
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
    count: (metric, fields = {}, figures = {}) => keep("count")(metric, { ...fields, ...figures }),
    counted: (metric) => lines.filter((line) => line.level === "count" && line.message === metric).length,
  };
}
