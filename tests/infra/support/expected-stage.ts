// What each stage must consist of, written down a second time and by hand: a change of the infrastructure is a change here too.

import { COMMIT, LEAST, SETTINGS } from "./deploy-environment.ts";
import { ACCESS_LINE } from "./expected-access-line.ts";
import { expectedAlarms } from "./expected-alarms.ts";
import { ROUTES } from "./expected-routes.ts";
import { BUCKET_KINDS, bucketName, bucketStatements, expectedBuckets } from "./expected-bucket.ts";
import { DOOR_KINDS, expectedDoor, expectedWalls, WALL_KINDS } from "./expected-door.ts";
import { expectedHeaders, expectedPages, SITE_KINDS, SITE_OBJECTS } from "./expected-site.ts";

export type StageName = "dev" | "staging" | "production";

export function expectedStage(stage: StageName) {
  const { kept, days, rate, burst, subscriptions } = STAGES[stage];
  return {
    app: {
      name: "pantheon",
      version: "4.17.1",
      home: "aws",
      protect: kept,
      removal: kept ? "retain" : "remove",
      providers: { aws: { version: "7.20.0" } },
    },
    functions: Object.fromEntries(FUNCTIONS.map((spec) => [`pantheon-${stage}-${spec.name}`, expectedFunction(stage, spec)])),
    api: {
      apis: [{ name: `pantheon-${stage}`, type: "HTTP", cors: null }],
      stages: [
        {
          name: "$default",
          throttling: { throttlingRateLimit: rate, throttlingBurstLimit: burst },
          log: `/aws/vendedlogs/apis/pantheon-${stage}`,
          line: ACCESS_LINE,
        },
      ],
      logs: { [`/aws/vendedlogs/apis/pantheon-${stage}`]: days },
      routes: Object.fromEntries(
        Object.entries(ROUTES).map(([path, name]) => [`ANY ${path}`, `NONE AWS_PROXY 2.0 pantheon-${stage}-${name}`]),
      ),
    },
    schedules: Object.fromEntries(
      Object.entries(SCHEDULES).map(([job, expression]) => [`pantheon-${stage}-${job}`, expectedSchedule(stage, job, expression)]),
    ),
    alarms: expectedAlarms(stage),
    topics: [`pantheon-${stage}-alarms`],
    subscriptions,
    doors: expectedDoor(stage),
    walls: stage === "dev" ? [] : expectedWalls(stage),
    headers: [expectedHeaders(stage)],
    pages: [expectedPages(stage)],
    buckets: expectedBuckets({ stage, kept, origins: [...originsOf(stage), "https://door.cloudfront.test"] }),
    keyed: [],
    secrets: ["", "/identity", "/models", "/payments", "/webhook"].map((part) => ({
      name: `pantheon/${stage}${part}`,
      recoveryDays: kept ? 30 : 0,
      protect: kept,
      retainOnDelete: kept,
    })),
    kinds: {
      ...KINDS,
      ...BUCKET_KINDS,
      ...DOOR_KINDS,
      ...SITE_KINDS,
      ...(stage !== "dev" && WALL_KINDS),
      ...(subscriptions.length > 0 && { "aws:sns/topicSubscription:TopicSubscription": 1 }),
    },
  };
}

/** Whose browsers may put files, beside the stage's own pages. */
function originsOf(stage: StageName): string[] {
  return stage === "dev" ? [] : (SETTINGS["CORS_ALLOWED_ORIGINS"] ?? "").split(",");
}

/** The environment of a function that reads these parts of the secrets. */
export function expectedEnvironment(stage: StageName, reads: readonly string[]): Record<string, string> {
  const SECRET_ID = reads.map((part) => secretArn(stage, part)).join(",");
  return stage === "dev" ? { ...LEAST, STAGE: stage, SECRET_ID } : { ...SETTINGS, STAGE: stage, SECRET_ID };
}

type Limits = Readonly<Record<string, number>>;

const STAGES = {
  dev: {
    kept: false,
    days: 7,
    rate: 20,
    burst: 40,
    reserved: { "turns-stream": 5, "admin-stream": 1, completions: 5, "stripe-webhook": 2 } as Limits,
    subscriptions: [],
  },
  staging: {
    kept: false,
    days: 30,
    rate: 100,
    burst: 200,
    reserved: {
      maintenance: 1,
      "maintenance-sweep": 1,
      "turns-stream": 20,
      "admin-stream": 2,
      completions: 20,
      "stripe-webhook": 10,
    } as Limits,
    subscriptions: ["email operators@pantheon.test pantheon-staging-alarms"],
  },
  production: {
    kept: true,
    days: 365,
    rate: 500,
    burst: 1000,
    reserved: {
      maintenance: 1,
      "maintenance-sweep": 1,
      "turns-stream": 200,
      "admin-stream": 5,
      completions: 200,
      "stripe-webhook": 50,
    } as Limits,
    subscriptions: ["email operators@pantheon.test pantheon-production-alarms"],
  },
} as const;

const FUNCTIONS = [
  { name: "turns", file: "turns/handler", memory: 1024, timeout: 29, door: "api", reads: ["", "/identity", "/models"] },
  { name: "turns-stream", file: "turns/stream", memory: 1024, timeout: 300, door: "url", reads: ["", "/identity", "/models"] },
  { name: "files", file: "files/handler", memory: 1024, timeout: 29, door: "api", reads: ["", "/identity"] },
  { name: "file-parse", file: "file-parse/handler", memory: 2048, timeout: 120, door: "bucket", reads: [""] },
  { name: "holds", file: "holds/handler", memory: 1024, timeout: 29, door: "api", reads: ["", "/identity"] },
  { name: "users", file: "users/handler", memory: 1024, timeout: 29, door: "api", reads: ["", "/identity", "/payments"] },
  { name: "admin", file: "admin/handler", memory: 1024, timeout: 29, door: "api", reads: ["", "/identity"] },
  { name: "admin-stream", file: "admin/stream", memory: 1024, timeout: 900, door: "url", reads: ["", "/identity"] },
  { name: "completions", file: "completions/stream", memory: 1024, timeout: 900, door: "url", reads: ["", "/identity", "/models"] },
  { name: "stripe-webhook", file: "stripe-webhook/handler", memory: 1024, timeout: 29, door: "api", reads: ["", "/payments", "/webhook"] },
  { name: "maintenance", file: "maintenance/handler", memory: 512, timeout: 600, door: "schedule", reads: ["", "/payments"] },
  { name: "maintenance-sweep", file: "maintenance/handler", memory: 512, timeout: 60, door: "schedule", reads: [""] },
] as const;

/** Who may invoke a function. The scheduler does so by a role of its own. */
const INVOKERS = {
  api: ["lambda:InvokeFunction apigateway.amazonaws.com arn:aws:execute-api:eu-test-1:111122223333:ApiApi/*"],
  url: ["lambda:InvokeFunction * true", "lambda:InvokeFunctionUrl * NONE"],
  schedule: [],
} as const;

/** What the two that use the bucket of files may do with it. */
const FILING: Readonly<Record<string, Readonly<Record<"objects" | "bucket", readonly string[]>>>> = {
  files: { objects: ["s3:PutObject", "s3:DeleteObject"], bucket: [] },
  "file-parse": { objects: ["s3:GetObject", "s3:DeleteObject"], bucket: ["s3:ListBucket"] },
};

function expectedFunction(stage: StageName, { name, file, memory, timeout, door, reads }: (typeof FUNCTIONS)[number]) {
  const physical = `pantheon-${stage}-${name}`;
  const filing = FILING[name];
  return {
    name: physical,
    handler: `functions/${file}.handler`,
    build: {
      minify: true,
      splitting: true,
      architecture: "arm64",
      ...(stage !== "dev" && { banner: `process.env.COMMIT_SHA = "${COMMIT}";` }),
    },
    links: {},
    streams: door === "url",
    commit: stage === "dev" ? null : COMMIT,
    runtime: "nodejs24.x",
    architectures: ["arm64"],
    memory,
    timeout,
    environment: { ...expectedEnvironment(stage, reads), ...(filing && { FILE_BUCKET: bucketName(stage) }) },
    tracing: "PassThrough",
    layers: null,
    reserved: STAGES[stage].reserved[name] ?? null,
    log: { group: `/aws/lambda/${physical}`, format: "Text", days: STAGES[stage].days },
    policies: {
      trust: [trusting("lambda.amazonaws.com")],
      managed: [],
      statements: [
        { effect: "Allow", actions: ["secretsmanager:GetSecretValue"], resources: reads.map((part) => secretArn(stage, part)) },
        {
          effect: "Allow",
          actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
          resources: [`arn:aws:logs:eu-test-1:111122223333:log-group:/aws/lambda/${physical}:*`],
        },
        ...(filing ? bucketStatements(stage, filing) : []),
      ],
    },
    url: door === "url" ? { authorization: "NONE", mode: "RESPONSE_STREAM", cors: null } : null,
    invokers: door === "bucket" ? [`lambda:InvokeFunction s3.amazonaws.com arn:aws:s3:::${bucketName(stage)}`] : INVOKERS[door],
    again: door === "schedule" ? { attempts: 0, seconds: 900 } : null,
  };
}

function secretArn(stage: StageName, part: string): string {
  return `arn:aws:secretsmanager:eu-test-1:111122223333:secret:pantheon/${stage}${part}-AbCdEf`;
}

function trusting(service: string) {
  return { Sid: "AllowAssumeRole", Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } };
}

const SCHEDULES = { sweep: "rate(1 minute)", reconcile: "rate(15 minutes)", verify: "cron(17 3 * * ? *)" };

function expectedSchedule(stage: StageName, job: string, expression: string) {
  const called = `pantheon-${stage}-${job === "sweep" ? "maintenance-sweep" : "maintenance"}`;
  return {
    name: `pantheon-${stage}-${job}`,
    expression,
    zone: "",
    window: "OFF",
    state: "ENABLED",
    function: called,
    input: JSON.stringify({ job }),
    attempts: 0,
    policies: {
      trust: [trusting("scheduler.amazonaws.com")],
      managed: null,
      statements: [
        {
          actions: ["lambda:InvokeFunction"],
          resources: [`arn:aws:lambda:eu-test-1:111122223333:function:${called}`],
        },
      ],
    },
  };
}

/** How many of each kind there are, so that nothing else is made beside what is described. */
const KINDS = {
  "aws:apigatewayv2/api:Api": 1,
  "aws:apigatewayv2/integration:Integration": 28,
  "aws:apigatewayv2/route:Route": 28,
  "aws:apigatewayv2/stage:Stage": 1,
  "aws:cloudwatch/logGroup:LogGroup": 13,
  "aws:cloudwatch/metricAlarm:MetricAlarm": 24,
  "aws:iam/role:Role": 15,
  "aws:lambda/function:Function": 12,
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": 2,
  "aws:lambda/functionUrl:FunctionUrl": 3,
  "aws:lambda/permission:Permission": 35,
  "aws:s3/bucketObjectv2:BucketObjectv2": 12 + SITE_OBJECTS,
  "aws:scheduler/schedule:Schedule": 3,
  "aws:secretsmanager/secret:Secret": 5,
  "aws:sns/topic:Topic": 1,
  "random:index/randomBytes:RandomBytes": 1,
};
