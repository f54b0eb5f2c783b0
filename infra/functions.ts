// The Lambda functions: what each runs, with how much, and what it may do. Every function may read its part of the stage's secrets and write
// its own log, two may use the bucket of files (files.ts), and nothing else: what the product does to the world it does over the database
// and HTTP.

import { EVENT_DRIVEN, SCHEDULED } from "../functions/functions.ts";
import { FILE_RIGHTS, filePermissions, type FileBucket } from "./files.ts";
import type { Maybe } from "./key.ts";
import type { SecretPart } from "./secret-parts.ts";
import type { StageSecrets } from "./secret.ts";
import type { DeploySettings } from "./settings.ts";
import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";

export type PantheonFunctions = Readonly<Record<keyof typeof FUNCTIONS, sst.aws.Function>>;

type Parts = { options: StageOptions; settings: DeploySettings; secrets: StageSecrets; bucket: FileBucket; key: Maybe<aws.kms.Key> };

export function createFunctions(parts: Parts): PantheonFunctions {
  return {
    turns: createFunction("turns", parts),
    "turns-stream": createFunction("turns-stream", parts),
    files: createFunction("files", parts),
    "file-parse": createFunction("file-parse", parts),
    holds: createFunction("holds", parts),
    users: createFunction("users", parts),
    admin: createFunction("admin", parts),
    "admin-stream": createFunction("admin-stream", parts),
    completions: createFunction("completions", parts),
    "stripe-webhook": createFunction("stripe-webhook", parts),
    maintenance: createFunction("maintenance", parts),
    "maintenance-sweep": createFunction("maintenance-sweep", parts),
  };
}

/** What one function is. A URL needs a function of its own: a handler that streams cannot answer the gateway. */
type Spec = {
  readonly handler: string;
  readonly memory: "512 MB" | "1024 MB" | "2048 MB";
  readonly timeout: "29 seconds" | "1 minute" | `${number} minutes`;
  readonly url?: "none" | "stage";
  /** What a schedule calls and nobody else. */
  readonly scheduled?: boolean;
  /** What it reads beside what every function needs. */
  readonly reads: readonly SecretPart[];
};

// The gateway gives up after 30 s, so what is behind it ends before: the caller then gets our answer, not the gateway's.
// 1 GB is for its share of a processor, a bit over half of one: requests mostly wait, but starting a container and checking signatures
// compute, and on half the memory take twice as long. The jobs start warm and nobody waits for them.
const BEHIND_API = { memory: "1024 MB", timeout: "29 seconds" } as const;

const FUNCTIONS = {
  turns: { handler: "functions/turns/handler.handler", reads: ["identity", "models"], ...BEHIND_API },
  // A long answer streams for minutes, and renews its lease; what dies on the way gives its hold back within a minute.
  "turns-stream": {
    handler: "functions/turns/stream.handler",
    memory: "1024 MB",
    timeout: "5 minutes",
    url: "none",
    reads: ["identity", "models"],
  },
  files: { handler: "functions/files/handler.handler", reads: ["identity"], ...BEHIND_API },
  // A document may take a minute and a gigabyte, and is given up then.
  "file-parse": { handler: "functions/file-parse/handler.handler", memory: "2048 MB", ...EVENT_DRIVEN["file-parse"], reads: [] },
  // It asks no model: their keys are not its own.
  holds: { handler: "functions/holds/handler.handler", reads: ["identity"], ...BEHIND_API },
  users: { handler: "functions/users/handler.handler", reads: ["identity", "payments"], ...BEHIND_API },
  admin: { handler: "functions/admin/handler.handler", reads: ["identity"], ...BEHIND_API },
  // The most that Lambda has: an export of any size streams out of it.
  "admin-stream": {
    handler: "functions/admin/stream.handler",
    memory: "1024 MB",
    timeout: "15 minutes",
    url: "stage",
    reads: ["identity"],
  },
  // Programs wait ten minutes for an answer, and an agent's longest takes as long.
  completions: {
    handler: "functions/completions/stream.handler",
    memory: "1024 MB",
    timeout: "15 minutes",
    url: "none",
    reads: ["identity", "models"],
  },
  // Which key Stripe is asked with says whether payments are test ones, so it reads that too.
  "stripe-webhook": { handler: "functions/stripe-webhook/handler.handler", reads: ["payments", "webhook"], ...BEHIND_API },
  maintenance: {
    handler: "functions/maintenance/handler.handler",
    memory: "512 MB",
    ...SCHEDULED.maintenance,
    scheduled: true,
    reads: ["payments"],
  },
  // The same jobs' handler, for the sweep alone. It asks nobody but the database.
  "maintenance-sweep": {
    handler: "functions/maintenance/handler.handler",
    memory: "512 MB",
    ...SCHEDULED["maintenance-sweep"],
    scheduled: true,
    reads: [],
  },
} as const satisfies Record<string, Spec>;

function createFunction(name: keyof typeof FUNCTIONS, { options, settings, secrets, bucket, key }: Parts): sst.aws.Function {
  const { handler, memory, timeout, url, scheduled = false, reads }: Spec = FUNCTIONS[name];
  const { [name]: reserved }: Partial<Record<keyof typeof FUNCTIONS, number>> = options.reserved;
  const readable = (["base", ...reads] as const).map((part) => secrets[part].arn);
  const filing = isFiling(name) ? { environment: { FILE_BUCKET: bucket.id }, permissions: filePermissions(bucket, name) } : null;
  const environment = { ...settings.environment, ...filing?.environment, SECRET_ID: $util.all(readable).apply((arns) => arns.join(",")) };
  return new sst.aws.Function(componentName(name), {
    name: stageName(name),
    description: `Pantheon's ${name} on the stage ${$app.stage}`,
    handler,
    runtime: "nodejs24.x",
    architecture: "arm64",
    nodejs: { minify: true, splitting: true, ...(settings.commit !== null && { banner: carrying(settings.commit) }) },
    memory,
    timeout,
    streaming: url !== undefined,
    ...(url !== undefined && { url: { authorization: url === "stage" ? options.adminUrl : url, cors: NO_CORS } }),
    // Text lines: the metrics are JSON lines of our own, which Lambda's JSON format would wrap.
    logging: { retention: options.retention, format: "text" },
    permissions: [
      { actions: ["secretsmanager:GetSecretValue"], resources: readable },
      { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [logStreams(name)] },
      ...(filing?.permissions ?? []),
      ...(key === null ? [] : [{ actions: ["kms:Decrypt"], resources: [key.arn] }]),
    ],
    // A job that failed is not tried again: the schedule comes round, and every job finds what the last one left.
    ...(scheduled && { retries: 0 }),
    ...(reserved !== undefined && { concurrency: { reserved } }),
    transform: {
      // Nothing of the platform's own: it would add the key of a file that holds nothing, and its app name.
      function: {
        environment: { variables: environment },
        tracingConfig: { mode: "PassThrough" },
        ...(key !== null && { kmsKeyArn: key.arn }),
      },
      ...(key !== null && { logGroup: { kmsKeyId: key.arn } }),
      // Left alone, the platform attaches a policy that lets a function write every log of the account, and lets the whole account take
      // on the function's role, which may read the secret.
      role: { managedPolicyArns: [], assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" }) },
      // Where jobs wait for each other, one outwaits the longest, so that the daily one is not lost to a reconciliation.
      eventInvokeConfig: { maximumEventAgeInSeconds: 15 * 60 },
    },
  });
}

function isFiling(name: string): name is keyof typeof FILE_RIGHTS {
  return name in FILE_RIGHTS;
}

/**
 * The commit stands in the bundle and not in the environment: code that was not replaced says the commit it was built from, whatever the
 * settings around it say. (A commit is letters, digits, dots, underscores and hyphens: infra/settings.ts.)
 */
function carrying(commit: string): string {
  return `process.env.COMMIT_SHA = "${commit}";`;
}

/** The application answers CORS itself, behind the gateway and behind its URLs alike; two answers would double the headers. */
const NO_CORS = false;

function logStreams(name: string): $util.Output<string> {
  const { partition } = aws.getPartitionOutput();
  const { region } = aws.getRegionOutput();
  const { accountId } = aws.getCallerIdentityOutput();
  return $interpolate`arn:${partition}:logs:${region}:${accountId}:log-group:/aws/lambda/${stageName(name)}:*`;
}

/** `turns-stream` is `TurnsStream` to the platform. */
function componentName(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
