// The alarms that every stage must have.

/** By physical name. */
export function expectedAlarms(stage: string): Record<string, object> {
  const alarms = [
    ...[
      "invariant_broken",
      "connected_as_owner",
      "payment_quarantined",
      "payment_late",
      "reversal_quarantined",
      "lost_revenue",
      "void_failed",
    ].map((metric) => counted(stage, metric)),
    counted(stage, "provider_failed", 20),
    counted(stage, "bad_signature", 5),
    counted(stage, "unauthenticated", 300),
    onSum(stage, "granted", {
      metric: "Pantheon credits_granted Sum",
      of: { function: "admin", stage },
      rule: "GreaterThanOrEqualToThreshold 10000 1 × 3600",
    }),
    throttled(stage),
    onSum(stage, "api-5xx", { metric: "AWS/ApiGateway 5xx Sum", of: { ApiId: "id-of-ApiApi" }, rule: FIVE }),
    ...["turns-stream", "admin-stream", "completions"].flatMap((name) => [
      onSum(stage, `${name}-5xx`, { metric: "AWS/Lambda Url5xxCount Sum", of: functionOf(stage, name), rule: FIVE }),
      onSum(stage, `${name}-errors`, { metric: "AWS/Lambda Errors Sum", of: functionOf(stage, name), rule: ONE }),
    ]),
    onSum(stage, "file-parse-errors", { metric: "AWS/Lambda Errors Sum", of: functionOf(stage, "file-parse"), rule: FIVE }),
    ...JOBS.flatMap(([name, periods]) => [
      onSum(stage, `${name}-errors`, { metric: "AWS/Lambda Errors Sum", of: functionOf(stage, name), rule: ONE }),
      {
        ...onSum(stage, `${name}-missing`, {
          metric: "AWS/Lambda Invocations Sum",
          of: functionOf(stage, name),
          rule: `LessThanThreshold 1 ${periods} × 300`,
        }),
        missing: "breaching",
      },
    ]),
  ];
  return Object.fromEntries(alarms.map((alarm) => [alarm.name, alarm]));
}

const JOBS = [
  ["maintenance", 9],
  ["maintenance-sweep", 3],
] as const;

const ONE = "GreaterThanOrEqualToThreshold 1 1 × 300";
const FIVE = "GreaterThanOrEqualToThreshold 5 1 × 300";

function functionOf(stage: string, name: string) {
  return { FunctionName: `pantheon-${stage}-${name}` };
}

function onSum(stage: string, name: string, { metric, of, rule }: { metric: string; of: object; rule: string }) {
  const topic = `pantheon-${stage}-alarms`;
  return { name: `pantheon-${stage}-${name}`, metric, dimensions: of, queries: null, rule, missing: "notBreaching", tells: [topic, topic] };
}

/** One of a metric of the product is too many, whichever function counted it. */
function counted(stage: string, metric: string, most = 1) {
  const queries = ["turns", "files", "holds", "users", "admin", "completions", "stripe-webhook", "maintenance"].map((name, index) => ({
    id: `m${index}`,
    metric: { namespace: "Pantheon", metricName: metric, period: 300, stat: "Sum", dimensions: { function: name, stage } },
  }));
  const total = { id: "total", label: metric, expression: "SUM(FILL(METRICS(), 0))", returnData: true };
  const alarm = onSum(stage, metric.replaceAll("_", "-"), { metric: "", of: {}, rule: `GreaterThanOrEqualToThreshold ${most} 1 ×` });
  return { ...alarm, dimensions: null, queries: [total, ...queries] };
}

/** One call that Lambda turns away is too many, of whichever function. */
function throttled(stage: string) {
  const names = [
    "turns",
    "turns-stream",
    "files",
    "file-parse",
    "holds",
    "users",
    "admin",
    "admin-stream",
    "completions",
    "stripe-webhook",
    "maintenance",
    "maintenance-sweep",
  ];
  const queries = names.map((name, index) => ({
    id: `m${index}`,
    metric: { namespace: "AWS/Lambda", metricName: "Throttles", period: 300, stat: "Sum", dimensions: functionOf(stage, name) },
  }));
  const total = { id: "total", label: "Throttles", expression: "SUM(FILL(METRICS(), 0))", returnData: true };
  const alarm = onSum(stage, "throttles", { metric: "", of: {}, rule: "GreaterThanOrEqualToThreshold 1 1 ×" });
  return { ...alarm, dimensions: null, queries: [total, ...queries] };
}
