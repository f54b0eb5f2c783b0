// The log of a running function: JSON lines on standard output, counts as CloudWatch metrics embedded in such lines. What looks like a
// secret or like people's text by its name never leaves, even if a caller passes it by mistake.

import { Logger } from "@aws-lambda-powertools/logger";
import type { Figures, Log, Metric } from "@pantheon/core/log.ts";
import type { Clock } from "@pantheon/contract/time.ts";

/** A log that says on every line which function of which stage speaks. */
export function createLog(name: string, stage: string, clock: Clock): Log {
  const logger = new Logger({
    serviceName: "pantheon",
    logLevel: "INFO",
    persistentKeys: { function: name, stage },
    jsonReplacerFn: redact,
  });
  return {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
    count: (metric, fields = {}, figures = {}) => logger.info(metric, { ...fields, ...figures, ...embedded(metric, figures, clock()) }),
  };
}

/** Fields of a metric's own lines by which it is told apart too. Each has a few values at most: every one is a metric to pay for. */
const ALSO_BY: Readonly<Partial<Record<Metric, readonly string[]>>> = {
  turn: ["outcome"],
  provider_failed: ["provider", "provider_model"],
};

const EVERY_LINE = ["function", "stage"];

/** One more of a metric and what was measured with it, in CloudWatch's embedded metric format; its dimensions are fields of the line. */
function embedded(metric: Metric, figures: Figures, timestamp: number) {
  const by = ALSO_BY[metric];
  const directive = {
    Namespace: "Pantheon",
    Dimensions: by === undefined ? [EVERY_LINE] : [EVERY_LINE, [...EVERY_LINE, ...by]],
    Metrics: [
      { Name: metric, Unit: "Count" },
      ...Object.keys(figures).map((name) => ({ Name: name, Unit: name.endsWith("_ms") ? "Milliseconds" : "Count" })),
    ],
  };
  return { [metric]: 1, _aws: { Timestamp: timestamp, CloudWatchMetrics: [directive] } };
}

const PRIVATE = /(?:token|secret|password|authorization|cookie|body|api_?key|connection_?string|text|prompt|user_input|assistant_output)$/i;

function redact(key: string, value: unknown): unknown {
  return PRIVATE.test(key) && value !== null && value !== undefined ? "[redacted]" : value;
}
