// Mistakes that somebody could make in the configuration, and the lines of difference that each must show up in. They are made in the
// sources of the production stage and evaluated for real, several at a time.

import type { Edit } from "./evaluate-stage.ts";

export type Fault = { readonly edit: Edit; readonly breaks: RegExp };

/** What the compiler must refuse. */
export const TYPE_FAULT = edit("infra/functions.ts", 'runtime: "nodejs24.x"', 'runtime: "nodejs25.x"');

export const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  "functions may do more than they should": [
    fault("infra/functions.ts", '"secretsmanager:GetSecretValue"', '"secretsmanager:*"', /policies › statements/),
    fault(
      "infra/functions.ts",
      'handler.handler", reads: ["payments", "webhook"]',
      'handler.handler", reads: ["payments", "models", "webhook"]',
      /-stripe-webhook › (?:policies › statements|environment › SECRET_ID)/,
    ),
    fault("infra/functions.ts", "managedPolicyArns: [], ", "", /policies › managed/),
    fault(
      "infra/functions.ts",
      'assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" })',
      "",
      /policies › trust/,
    ),
    fault("infra/functions.ts", "environment: { variables: environment },", "", /functions › \S+ › environment/),
    fault("infra/functions.ts", "const NO_CORS = false", "const NO_CORS = true", /url › cors/),
    fault("infra/functions.ts", '"functions/users/handler.handler"', '"functions/admin/handler.handler"', /-users › handler/),
  ],
  "a bucket is open, or is used otherwise": [
    fault("infra/bucket.ts", "blockPublicPolicy: true,", "blockPublicPolicy: false,", /^buckets › \S+ › private/),
    fault("infra/bucket.ts", 'sseAlgorithm: "AES256"', 'sseAlgorithm: "aws:kms"', /^buckets › \S+ › encrypted/),
    fault("infra/bucket.ts", 'status: "Disabled"', 'status: "Enabled"', /^buckets › \S+ › versions/),
    fault("infra/bucket.ts", '"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"', /^buckets › \S+ › policy/),
    fault("infra/files.ts", "const ORPHAN_DAYS = 7;", "const ORPHAN_DAYS = 700;", /^buckets › \S+-files-\S+ › orphans/),
    fault("infra/files.ts", '["s3:PutObject", "s3:DeleteObject"]', '["s3:*"]', /-files › policies › statements/),
    fault("infra/files.ts", "filterPrefix: PREFIX", 'filterPrefix: ""', /^buckets › \S+-files-\S+ › tells/),
    fault("sst.config.ts", "[...settings.origins, addresses.url]", "settings.origins", /^buckets › \S+-files-\S+ › browsers/),
    fault("infra/site.ts", '"aws:SourceArn": distributionArn', '"aws:SourceArn": "*"', /^buckets › \S+-site-\S+ › policy/),
    fault(
      "infra/site.ts",
      "retainOnDelete: isAsset(file)",
      "retainOnDelete: false",
      /^buckets › \S+-site-\S+ › objects › assets\/\S+ › staysBehind/,
    ),
  ],
  "the web app is served differently": [
    fault(
      "infra/site-files.ts",
      'const FOR_EVER = "public, ',
      'const FOR_EVER = "private, ',
      /^buckets › \S+-site-\S+ › objects › assets\/\S+ › kept/,
    ),
    fault("infra/site-files.ts", 'NO_CACHE = "no-cache"', 'NO_CACHE = "max-age=60"', /^buckets › \S+-site-\S+ › objects › [\w.]+ › kept/),
    fault("packages/core/src/config/site.ts", "\"style-src 'self'\",", "\"style-src 'self' 'unsafe-inline'\",", /^headers/),
    fault("infra/page-headers.ts", "includeSubdomains: true", "includeSubdomains: false", /^headers/),
    fault("infra/door.ts", '=== -1) request.uri = "/index.html"', '=== -1) request.uri = "/"', /^pages/),
    fault("infra/door.ts", 'viewerProtocolPolicy: "https-only"', 'viewerProtocolPolicy: "allow-all"', /^doors › \S+ › paths/),
    fault(
      "infra/door.ts",
      "cachePolicyId: CACHE_NOTHING,\n  originRequestPolicyId",
      "cachePolicyId: CACHE_AS_TOLD,\n  originRequestPolicyId",
      /^doors › \S+ › paths/,
    ),
    fault("infra/door.ts", 'signingBehavior: "always"', 'signingBehavior: "never"', /^doors › \S+ › access/),
    fault("functions/functions.ts", '"/api/v1/sessions/*/turns/stream"', '"/api/v1/sessions/*/stream"', /^doors › \S+ › paths/),
  ],
  "functions are built or run differently": [
    fault("infra/functions.ts", 'runtime: "nodejs24.x"', 'runtime: "nodejs22.x"', /› runtime/),
    fault("infra/functions.ts", 'architecture: "arm64"', 'architecture: "x86_64"', /› (?:architectures|build › architecture)/),
    fault("infra/functions.ts", "splitting: true", "splitting: false", /› build › splitting/),
    fault("infra/functions.ts", "streaming: url !== undefined", "streaming: false", /url › mode/),
    fault("infra/functions.ts", 'timeout: "29 seconds" } as const', 'timeout: "60 seconds" } as const', /› timeout/),
    fault("infra/functions.ts", 'format: "text"', 'format: "json"', /› log › format/),
    fault("infra/functions.ts", "retries: 0", "retries: 2", /-maintenance(?:-sweep)? › again/),
    fault("infra/settings.ts", "STAGE: stage,", 'STAGE: "dev",', /› environment › STAGE|config\.json › content › stage/),
  ],
  "what stands around the functions is wrong": [
    fault("infra/api.ts", "delete args.corsConfiguration;", 'args.corsConfiguration = { allowOrigins: ["*"] };', /^api › apis/),
    fault(
      "functions/functions.ts",
      '["turns", "files", "holds", "users", "admin", "stripe-webhook"] as const',
      '["turns", "files", "holds", "users", "stripe-webhook"] as const',
      /^api › routes › ANY \/api\/v1\/(?:health\/)?admin|-admin › invokers|^kinds › aws:(?:apigatewayv2|lambda\/permission)/,
    ),
    fault("infra/api.ts", "throttlingRateLimit: throttling.rate, ", "", /^api › stages/),
    fault("infra/api.ts", 'routeKey: "$context.routeKey",', 'path: "$context.path",', /^api › stages/),
    fault("infra/wall.ts", "limit: perAddress,", "limit: 2_000_000,", /^walls/),
    fault(
      "infra/stages.ts",
      '"admin-stream": 5, completions: 200, "stripe-webhook": 50 }',
      '"admin-stream": 5, completions: 200, "stripe-webhook": 60 }',
      /-stripe-webhook › reserved/,
    ),
    fault("infra/alarms.ts", "most: 300", "most: 3000", /^alarms › \S+-unauthenticated › rule/),
    fault("infra/alarms.ts", 'metricName: "Throttles"', 'metricName: "Invocations"', /^alarms › \S+-throttles › queries/),
    fault("functions/functions.ts", "everyMinutes: 1,", "everyMinutes: 60,", /^schedules › \S+-sweep › expression/),
    fault(
      "functions/functions.ts",
      'sweep: { runsIn: "maintenance-sweep"',
      'sweep: { runsIn: "maintenance"',
      /^schedules › \S+-sweep › (?:function|policies)/,
    ),
    fault("functions/functions.ts", "hour: 3, minute: 17", "hour: 17, minute: 3", /^schedules › \S+-verify › expression/),
    fault(
      "functions/functions.ts",
      '"maintenance-sweep": { timeout: "1 minute" }',
      '"maintenance-sweep": { timeout: "2 minutes" }',
      /-sweep › timeout/,
    ),
    fault("infra/alarms.ts", '"stripe-webhook", "maintenance"];', '"stripe-webhook"];', /^alarms › \S+ › queries/),
    fault("infra/alarms.ts", "  payment_late:", "  database_retry:", /^alarms › pantheon-production-(?:payment-late|database-retry)/),
    fault("infra/secret.ts", "retainOnDelete: kept", "retainOnDelete: false", /^secrets/),
    fault(
      "infra/secret.ts",
      "new aws.secretsmanager.Secret(",
      'new aws.secretsmanager.SecretVersion(`Value-${part}`, { secretId: part, secretString: "{}" }) &&\n    new aws.secretsmanager.Secret(',
      /^kinds › aws:secretsmanager\/secretVersion/,
    ),
    fault("sst.config.ts", "protect: kept", "protect: false", /^app › protect/),
  ],
};

function fault(file: string, from: string, to: string, breaks: RegExp): Fault {
  return { edit: edit(file, from, to), breaks };
}

function edit(file: string, from: string, to: string): Edit {
  return { file, from, to };
}
