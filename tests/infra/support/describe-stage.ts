// A stage's resources as one plain description, by what they are for. Every resource is in it, or in the count of its kind, so nothing
// can be added to a stage without a test that says so.

import { describeBuckets } from "./describe-buckets.ts";
import type { Evaluated, Registered } from "./evaluate-stage.ts";
import { policyOf, readerOf, type Reader } from "./read-inputs.ts";

export type StageDescription = ReturnType<typeof describeStage>;

export function describeStage({ app, resources, builds }: Evaluated) {
  const of = (type: string) => resources.filter((resource) => resource.type === type).map(readerOf);
  const one = (type: string, matches: (reader: Reader) => boolean) => of(type).find(matches) ?? null;
  return {
    app,
    functions: byName(of("aws:lambda/function:Function").map((fn) => describeFunction(fn, { of, one, builds }))),
    api: describeApi(of),
    schedules: byName(of("aws:scheduler/schedule:Schedule").map((schedule) => describeSchedule(schedule, of))),
    alarms: byName(of("aws:cloudwatch/metricAlarm:MetricAlarm").map(describeAlarm)),
    topics: of("aws:sns/topic:Topic").map((topic) => topic.text("name")),
    subscriptions: of("aws:sns/topicSubscription:TopicSubscription").map(
      (to) => `${to.text("protocol")} ${to.text("endpoint")} ${tail(to.text("topic"))}`,
    ),
    doors: byName(of("aws:cloudfront/distribution:Distribution").map((door) => describeDoor(door, of))),
    walls: of("aws:wafv2/webAcl:WebAcl").map((wall) => ({
      name: wall.at("name"),
      scope: wall.at("scope"),
      default: wall.at("defaultAction"),
      rules: wall.at("rules"),
    })),
    headers: of("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy").map((policy) => ({
      name: policy.text("name"),
      security: policy.at("securityHeadersConfig"),
      custom: policy.at("customHeadersConfig"),
    })),
    pages: of("aws:cloudfront/function:Function").map((code) => `${code.text("name")} ${code.text("runtime")}\n${code.text("code")}`),
    buckets: describeBuckets(of),
    keyed: resources.filter(isKeyed).map(({ type, name }) => `${type.split(":").at(-1)} ${name}`),
    secrets: resources.filter(({ type }) => type === "aws:secretsmanager/secret:Secret").map(describeSecret),
    kinds: countedKinds(resources),
  };
}

type Of = (type: string) => Reader[];
type One = (type: string, matches: (reader: Reader) => boolean) => Reader | null;

function describeFunction(fn: Reader, { of, one, builds }: { of: Of; one: One; builds: Evaluated["builds"] }) {
  const name = fn.text("name");
  const ofThis = (reader: Reader) => tail(reader.text("function")) === name;
  const url = one("aws:lambda/functionUrl:FunctionUrl", (reader) => reader.text("functionName") === name);
  const role = one("aws:iam/role:Role", (reader) => fn.text("role").endsWith(`/${reader.resource.name}`));
  const log = one("aws:cloudwatch/logGroup:LogGroup", (reader) => reader.text("name") === fn.text("loggingConfig.logGroup"));
  const again = one("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", (reader) => reader.text("functionName") === name);
  const build = builds.find(({ functionID }) => `${functionID}Function` === fn.resource.name);
  return {
    name,
    handler: build?.handler,
    build: build?.properties,
    links: build?.links,
    streams: build?.streams,
    commit: build?.commit,
    runtime: fn.text("runtime"),
    architectures: fn.at("architectures"),
    memory: fn.at("memorySize"),
    timeout: fn.at("timeout"),
    environment: fn.at("environment.variables"),
    tracing: fn.text("tracingConfig.mode"),
    layers: fn.at("layers"),
    reserved: fn.at("reservedConcurrentExecutions"),
    log: { group: log?.text("name"), format: fn.text("loggingConfig.logFormat"), days: log?.at("retentionInDays") },
    policies: role === null ? null : policyOf(role),
    url: url && { authorization: url.text("authorizationType"), mode: url.text("invokeMode"), cors: url.at("cors") },
    invokers: [
      ...new Set(
        of("aws:lambda/permission:Permission")
          .filter(ofThis)
          .map((permission) => invoker(permission)),
      ),
    ].toSorted(),
    again: again && { attempts: again.at("maximumRetryAttempts"), seconds: again.at("maximumEventAgeInSeconds") },
  };
}

function invoker(permission: Reader): string {
  const parts = ["action", "principal", "sourceArn", "functionUrlAuthType", "invokedViaFunctionUrl"];
  return parts
    .map((part) => permission.text(part))
    .filter((part) => part !== "")
    .join(" ");
}

function describeApi(of: Of) {
  const stages = of("aws:apigatewayv2/stage:Stage");
  const integrations = of("aws:apigatewayv2/integration:Integration");
  const logs = of("aws:cloudwatch/logGroup:LogGroup").filter((log) => !log.text("name").startsWith("/aws/lambda/"));
  const routes = of("aws:apigatewayv2/route:Route").map((route) => {
    const integration = integrations.find(({ resource }) => route.text("target").endsWith(`-${resource.name}`));
    const target = `${integration?.text("integrationType")} ${integration?.text("payloadFormatVersion")} ${tail(integration?.text("integrationUri") ?? "")}`;
    return { key: route.text("routeKey"), target: `${route.text("authorizationType")} ${target}` };
  });
  return {
    apis: of("aws:apigatewayv2/api:Api").map((api) => ({
      name: api.text("name"),
      type: api.text("protocolType"),
      cors: api.at("corsConfiguration"),
    })),
    stages: stages.map((stage) => ({
      name: stage.text("name"),
      throttling: stage.at("defaultRouteSettings"),
      log: tail(stage.text("accessLogSettings.destinationArn")),
      line: JSON.parse(stage.text("accessLogSettings.format") || "null") as unknown,
    })),
    logs: Object.fromEntries(logs.map((log) => [log.text("name"), log.at("retentionInDays")])),
    routes: Object.fromEntries(routes.map(({ key, target }) => [key, target])),
  };
}

function describeSchedule(schedule: Reader, of: Of) {
  const role = of("aws:iam/role:Role").find(({ resource }) => schedule.text("target.roleArn").endsWith(`/${resource.name}`));
  return {
    name: schedule.text("name"),
    expression: schedule.text("scheduleExpression"),
    zone: schedule.text("scheduleExpressionTimezone"),
    window: schedule.text("flexibleTimeWindow.mode"),
    state: schedule.text("state"),
    function: tail(schedule.text("target.arn")),
    input: schedule.text("target.input"),
    attempts: schedule.at("target.retryPolicy.maximumRetryAttempts"),
    policies: role === undefined ? null : policyOf(role),
  };
}

function describeAlarm(alarm: Reader) {
  return {
    name: alarm.text("name"),
    metric: `${alarm.text("namespace")} ${alarm.text("metricName")} ${alarm.text("statistic")}`.trim(),
    dimensions: alarm.at("dimensions"),
    queries: alarm.at("metricQueries"),
    rule: `${alarm.text("comparisonOperator")} ${alarm.text("threshold")} ${alarm.text("evaluationPeriods")} × ${alarm.text("period")}`.trim(),
    missing: alarm.text("treatMissingData"),
    tells: [alarm.at("alarmActions"), alarm.at("okActions")].flat().map((arn) => tail(String(arn))),
  };
}

function describeDoor(door: Reader, of: Of) {
  return {
    name: door.text("comment"),
    wall: tail(door.text("webAclId")),
    origins: door.at("origins"),
    paths: door.at("orderedCacheBehaviors"),
    otherwise: door.at("defaultCacheBehavior"),
    access: of("aws:cloudfront/originAccessControl:OriginAccessControl").map((access) => ({
      name: access.text("name"),
      type: access.text("originAccessControlOriginType"),
      signs: `${access.text("signingBehavior")} ${access.text("signingProtocol")}`,
    })),
  };
}

/** What is encrypted with a key of the stage's own. */
function isKeyed({ inputs }: Registered): boolean {
  return ["kmsKeyId", "kmsKeyArn", "kmsMasterKeyId"].some((name) => inputs[name] !== undefined);
}

function describeSecret({ inputs, protect, retainOnDelete }: Registered) {
  return { name: inputs["name"], recoveryDays: inputs["recoveryWindowInDays"], protect, retainOnDelete };
}

/** Source maps are left out: there is one for each file of a bundle, and the platform keeps them beside the bundles, for whoever debugs. */
function countedKinds(resources: readonly Registered[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { type, name } of resources) if (!/Sourcemap\d+$/.test(name)) kinds[type] = (kinds[type] ?? 0) + 1;
  return kinds;
}

/** The last part of an ARN: the name of what it names. */
function tail(arn: string): string {
  return arn.slice(arn.lastIndexOf(":") + 1);
}

function byName<T extends { name: string }>(items: readonly T[]): Record<string, T> {
  return Object.fromEntries(items.map((item) => [item.name, item]));
}
