// What stands in front of a stage: one address for the web app, the API and the streams.

import type { StageName } from "./expected-stage.ts";

const ORIGINS = {
  api: "api.test",
  "turns-stream": "turnsstreamurl.test",
  "admin-stream": "adminstreamurl.test",
  completions: "completionsurl.test",
};

/** Which address leads where, the first that fits. */
export const DOOR_PATHS = [
  ["/api/v1/sessions/*/turns/stream", "turns-stream"],
  ["/api/v1/admin/*.csv", "admin-stream"],
  ["/v1", "completions"],
  ["/v1/*", "completions"],
  ["/api/v1/health/completions", "completions"],
  ["/api/v1/health/completions/*", "completions"],
  ["/api", "api"],
  ["/api/*", "api"],
  ["/webhooks", "api"],
  ["/webhooks/*", "api"],
] as const;

const ALL = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
const READ = ["GET", "HEAD"];
const PAGES = {
  targetOriginId: "site",
  viewerProtocolPolicy: "redirect-to-https",
  allowedMethods: READ,
  cachedMethods: READ,
  compress: true,
  responseHeadersPolicyId: "id-of-PageHeaders",
};

/** The API is passed on as it comes and never kept; the pages come from the bucket alone. */
export function expectedDoor(stage: StageName) {
  const custom = Object.entries(ORIGINS).map(([originId, domainName]) => ({
    originId,
    domainName,
    customOriginConfig: {
      httpPort: 80,
      httpsPort: 443,
      originProtocolPolicy: "https-only",
      originSslProtocols: ["TLSv1.2"],
      originReadTimeout: 60,
    },
  }));
  const domainName = `pantheon-${stage}-site-111122223333.s3.eu-test-1.test`;
  const passed = DOOR_PATHS.map(([pathPattern, targetOriginId]) => ({
    pathPattern,
    targetOriginId,
    viewerProtocolPolicy: "https-only",
    allowedMethods: ALL,
    cachedMethods: READ,
    cachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    originRequestPolicyId: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    compress: false,
  }));
  return {
    [`pantheon-${stage}`]: {
      name: `pantheon-${stage}`,
      wall: stage === "dev" ? "" : "Wall",
      origins: [{ originId: "site", domainName, originAccessControlId: "id-of-SiteAccess" }, ...custom],
      paths: [...passed, { ...PAGES, pathPattern: "/assets/*", cachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6" }],
      otherwise: {
        ...PAGES,
        cachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        functionAssociations: [{ eventType: "viewer-request", functionArn: "arn:aws:cloudfront::111122223333:function/Pages" }],
      },
      access: [{ name: `pantheon-${stage}-site`, type: "s3", signs: "always sigv4" }],
    },
  };
}

/** One rule: 2000 requests of an address in five minutes, above which it is told 429. */
export function expectedWalls(stage: StageName) {
  const statement = { rateBasedStatement: { limit: 2_000, evaluationWindowSec: 300, aggregateKeyType: "IP" } };
  const action = { block: { customResponse: { responseCode: 429 } } };
  const rule = { name: "per-address", priority: 0, action, statement, visibilityConfig: seen(`pantheon-${stage}-per-address`) };
  return [{ name: `pantheon-${stage}-wall`, scope: "CLOUDFRONT", default: { allow: {} }, rules: [rule] }];
}

function seen(metricName: string) {
  return { cloudwatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true };
}

export const DOOR_KINDS = { "aws:cloudfront/distribution:Distribution": 1 };
export const WALL_KINDS = { "aws:wafv2/webAcl:WebAcl": 1, "pulumi:providers:aws": 1 };
