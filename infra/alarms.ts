// What wakes somebody: docs/operations.md says what each means and what to do. Alarms go to one topic a stage.

import type { Maybe } from "./key.ts";
import type { Figures, Metric } from "@pantheon/core/log.ts";
import type { PantheonFunctions } from "./functions.ts";
import { stageName } from "./stage-name.ts";

type Watched = {
  grantedPerHour: number;
  api: sst.aws.ApiGatewayV2;
  functions: PantheonFunctions;
  email: string | null;
  key: Maybe<aws.kms.Key>;
};

export function createAlarms({ grantedPerHour, api, functions, email, key }: Watched): void {
  const { topic } = createTopic(email, key);
  const alarm = (name: string, description: string, rule: Rule) =>
    new aws.cloudwatch.MetricAlarm(`Alarm-${name}`, {
      name: stageName(name),
      alarmDescription: description,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      alarmActions: [topic.arn],
      okActions: [topic.arn],
      ...rule,
    });

  for (const [metric, description] of Object.entries(NEVER)) alarm(metric.replaceAll("_", "-"), description, counted(metric));
  for (const [metric, { most, description }] of Object.entries(BURSTS)) {
    alarm(metric.replaceAll("_", "-"), description, { ...counted(metric), threshold: most });
  }
  alarm("granted", "Admins granted more in an hour than this stage expects: look at the audit, and ask who did.", granted(grantedPerHour));
  alarm(
    "throttles",
    "Lambda turned calls away: a function is at its reserved concurrency, or the account at its limit.",
    throttled(functions),
  );

  alarm("api-5xx", "The API answered 5xx five times or more in five minutes.", {
    ...sum("AWS/ApiGateway", "5xx", { ApiId: api.nodes.api.id }),
    threshold: 5,
  });
  for (const name of ["turns-stream", "admin-stream", "completions"] as const) {
    const FunctionName = functions[name].name;
    alarm(`${name}-5xx`, `The URL of ${name} answered 5xx five times or more in five minutes.`, {
      ...sum("AWS/Lambda", "Url5xxCount", { FunctionName }),
      threshold: 5,
    });
    // What fails after the first byte is no 5xx any more.
    alarm(`${name}-errors`, `${name} ended without finishing its answer.`, {
      ...sum("AWS/Lambda", "Errors", { FunctionName }),
      threshold: 1,
    });
  }

  alarm("file-parse-errors", "Files could not be read for a fault of ours five times or more in five minutes.", {
    ...sum("AWS/Lambda", "Errors", { FunctionName: functions["file-parse"].name }),
    threshold: 5,
  });

  // A long verify may keep one reconciliation out, of which one is due every quarter of an hour. Nothing keeps the sweep out.
  const jobs = [
    ["maintenance", "No reconciliation has run for three quarters of an hour; one is due every 15 minutes.", 9],
    ["maintenance-sweep", "No sweep has run for a quarter of an hour; one is due every minute.", 3],
  ] as const;
  for (const [name, missing, evaluationPeriods] of jobs) {
    const FunctionName = functions[name].name;
    alarm(`${name}-errors`, "A scheduled job failed.", { ...sum("AWS/Lambda", "Errors", { FunctionName }), threshold: 1 });
    alarm(`${name}-missing`, missing, {
      ...sum("AWS/Lambda", "Invocations", { FunctionName }),
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods,
      treatMissingData: "breaching",
    });
  }
}

function createTopic(email: string | null, key: Maybe<aws.kms.Key>) {
  const topic = new aws.sns.Topic("Alarms", { name: stageName("alarms"), ...(key !== null && { kmsMasterKeyId: key.id }) });
  const subscription =
    email === null ? null : new aws.sns.TopicSubscription("AlarmEmail", { topic: topic.arn, protocol: "email", endpoint: email });
  return { topic, subscription };
}

/** Metrics of the product of which one is too many. */
const NEVER = {
  invariant_broken: "The ledger or an assumption of the code is broken. Find out now: the log line names it.",
  connected_as_owner: "Functions connect to the database as who owns its tables, or may do too much: nothing guards what was booked.",
  payment_quarantined: "Somebody paid and was granted nothing: the payment does not fit its top-up.",
  payment_late: "Somebody paid and no webhook said so: look at the endpoint in Stripe.",
  reversal_quarantined: "A refund or dispute took nothing: another currency, or an object of another payment. Somebody has to decide.",
  lost_revenue: "A model answered, or had begun to, after its turn had been given up: we pay, the user does not.",
  void_failed: "A failed turn could not be voided: its hold stays until its lease ends.",
} as const satisfies Partial<Record<Metric, string>>;

/** Metrics of the product of which a few are the weather, and many at once are a provider that is down, or somebody who tries. */
const BURSTS = {
  provider_failed: { most: 20, description: "Providers failed twenty times in five minutes. By provider and model the metric says which." },
  bad_signature: { most: 5, description: "Events came that Stripe did not sign: somebody tries, or the signing secret is the wrong one." },
  unauthenticated: { most: 300, description: "Many requests without a good token: somebody tries, or the issuer's keys have changed." },
} as const satisfies Partial<Record<Metric, { most: number; description: string }>>;

type Rule = Partial<aws.cloudwatch.MetricAlarmArgs>;

const PERIOD_SECONDS = 300;

/** Who counts: the `function` of edge/src/lambda/cloudwatch-log.ts. A function with a URL counts under the name of its application, the sweep under `maintenance`. */
const COUNTING = ["turns", "files", "holds", "users", "admin", "completions", "stripe-webhook", "maintenance"];

/** At least one of a metric of ours, whichever function counted it: an alarm on one name would miss the others. */
function counted(metric: string): Rule {
  const queries = COUNTING.map((name, index) => ({
    id: `m${index}`,
    metric: {
      namespace: "Pantheon",
      metricName: metric,
      stat: "Sum",
      period: PERIOD_SECONDS,
      dimensions: { function: name, stage: $app.stage },
    },
  }));
  const total = { id: "total", label: metric, expression: "SUM(FILL(METRICS(), 0))", returnData: true };
  return { threshold: 1, metricQueries: [total, ...queries] };
}

/** Credits that admins granted in an hour, as the function `admin` counts them; its URL counts under the same name. */
function granted(threshold: number): Rule {
  const dimensions = { function: "admin", stage: $app.stage };
  return {
    namespace: "Pantheon",
    metricName: "credits_granted" satisfies keyof Figures,
    dimensions,
    statistic: "Sum",
    period: 3_600,
    threshold,
  };
}

/** Calls that Lambda turned away, of all functions together. */
function throttled(functions: PantheonFunctions): Rule {
  const queries = Object.values(functions).map(({ name }, index) => ({
    id: `m${index}`,
    metric: { namespace: "AWS/Lambda", metricName: "Throttles", stat: "Sum", period: PERIOD_SECONDS, dimensions: { FunctionName: name } },
  }));
  const total = { id: "total", label: "Throttles", expression: "SUM(FILL(METRICS(), 0))", returnData: true };
  return { threshold: 1, metricQueries: [total, ...queries] };
}

function sum(namespace: string, metricName: string, dimensions: Record<string, $util.Input<string>>): Rule {
  return { namespace, metricName, dimensions, statistic: "Sum", period: PERIOD_SECONDS };
}
