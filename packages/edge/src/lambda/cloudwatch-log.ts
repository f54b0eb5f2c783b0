// The log of a running function: JSON lines on standard output, counts as CloudWatch metrics embedded in such lines. What looks like a
// secret or like people's text by its name never leaves, even if a caller passes it by mistake.

import { Logger } from "@aws-lambda-powertools/logger";
import type { Log, Metric } from "@pantheon/core/log.ts";
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
    count: (metric, fields = {}) => logger.info(metric, { ...fields, ...embeddedCount(metric, clock()) }),
  };
}

/** One more of a metric, in CloudWatch's embedded metric format; its dimensions are fields of every line. */
function embeddedCount(metric: Metric, timestamp: number) {
  const directive = { Namespace: "Pantheon", Dimensions: [["function", "stage"]], Metrics: [{ Name: metric, Unit: "Count" }] };
  return { [metric]: 1, _aws: { Timestamp: timestamp, CloudWatchMetrics: [directive] } };
}

const PRIVATE = /(?:token|secret|password|authorization|cookie|body|api_?key|connection_?string|text|prompt|user_input|assistant_output)$/i;

function redact(key: string, value: unknown): unknown {
  return PRIVATE.test(key) && value !== null && value !== undefined ? "[redacted]" : value;
}
