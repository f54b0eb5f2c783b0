// What stands in front of a stage that others use.

import type { StageName } from "./expected-stage.ts";

const ORIGINS = {
  api: "api.test",
  "turns-stream": "TurnsStreamUrl.test",
  "admin-stream": "AdminStreamUrl.test",
  completions: "CompletionsUrl.test",
};

/** One for each address that callers are given; all pass everything on and keep nothing. */
export function expectedDoors(stage: StageName) {
  const doors = Object.entries(ORIGINS).map(([name, host]) => ({
    name: `pantheon-${stage}-${name}`,
    wall: "Wall",
    origins: [
      {
        originId: name,
        domainName: host.toLowerCase(),
        customOriginConfig: {
          httpPort: 80,
          httpsPort: 443,
          originProtocolPolicy: "https-only",
          originSslProtocols: ["TLSv1.2"],
          originReadTimeout: 60,
        },
      },
    ],
    behaviour: {
      targetOriginId: name,
      viewerProtocolPolicy: "https-only",
      allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
      cachedMethods: ["GET", "HEAD"],
      cachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
      originRequestPolicyId: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
      compress: false,
    },
  }));
  return Object.fromEntries(doors.map((door) => [door.name, door]));
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

export const DOOR_KINDS = {
  "aws:cloudfront/distribution:Distribution": 4,
  "aws:wafv2/webAcl:WebAcl": 1,
  "pulumi:providers:aws": 1,
};
