// What stands in front of a stage that others use: CloudFront, and a rule that shuts out an address which asks too often. The HTTP API
// itself cannot have such a rule. Nothing is cached: what passes belongs to one person.
//
// The addresses behind it stay reachable; what bounds them there is the API's throttling and the functions' reserved concurrency.

import type { PantheonFunctions } from "./functions.ts";
import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";

type Behind = { api: sst.aws.ApiGatewayV2; functions: PantheonFunctions };
type Urls = Record<"api" | "turnsStream" | "adminStream" | "completions", $util.Output<string>>;

/** The addresses that callers are given: CloudFront's, or the ones behind it where a stage has none. */
export function createDoor({ perAddress }: StageOptions, { api, functions }: Behind): Urls {
  const behind = {
    api: api.url,
    turnsStream: functions["turns-stream"].url,
    adminStream: functions["admin-stream"].url,
    completions: functions.completions.url,
  };
  if (perAddress === null) return behind;
  const wall = createWall(perAddress);
  return {
    api: createDistribution("api", behind.api, wall),
    turnsStream: createDistribution("turns-stream", behind.turnsStream, wall),
    adminStream: createDistribution("admin-stream", behind.adminStream, wall),
    completions: createDistribution("completions", behind.completions, wall),
  };
}

/** WAF in front of CloudFront is kept in one region, whatever the stage's is. */
function createWall(perAddress: number): aws.wafv2.WebAcl {
  const provider = new aws.Provider("Front", { region: "us-east-1" });
  return new aws.wafv2.WebAcl(
    "Wall",
    {
      name: stageName("wall"),
      scope: "CLOUDFRONT",
      defaultAction: { allow: {} },
      rules: [
        {
          name: "per-address",
          priority: 0,
          action: { block: { customResponse: { responseCode: 429 } } },
          statement: { rateBasedStatement: { limit: perAddress, evaluationWindowSec: 300, aggregateKeyType: "IP" } },
          visibilityConfig: seen(stageName("per-address")),
        },
      ],
      visibilityConfig: seen(stageName("wall")),
    },
    { provider },
  );
}

function seen(metricName: string) {
  return { cloudwatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true };
}

/** AWS's own policies: nothing is cached, and all is passed on but the Host, by which the origin is found. */
const CACHE_NOTHING = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const PASS_ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

function createDistribution(name: string, url: $util.Output<string>, wall: aws.wafv2.WebAcl): $util.Output<string> {
  const distribution = new aws.cloudfront.Distribution(`Door-${name}`, {
    comment: stageName(name),
    enabled: true,
    isIpv6Enabled: true,
    httpVersion: "http2and3",
    webAclId: wall.arn,
    origins: [
      {
        originId: name,
        domainName: url.apply((address) => new URL(address).host),
        customOriginConfig: {
          httpPort: 80,
          httpsPort: 443,
          originProtocolPolicy: "https-only",
          originSslProtocols: ["TLSv1.2"],
          originReadTimeout: 60, // between two pieces of a stream; a turn says something sooner
        },
      },
    ],
    defaultCacheBehavior: {
      targetOriginId: name,
      viewerProtocolPolicy: "https-only",
      allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
      cachedMethods: ["GET", "HEAD"],
      cachePolicyId: CACHE_NOTHING,
      originRequestPolicyId: PASS_ALL_BUT_HOST,
      compress: false,
    },
    restrictions: { geoRestriction: { restrictionType: "none" } },
    viewerCertificate: { cloudfrontDefaultCertificate: true },
  });
  return $interpolate`https://${distribution.domainName}`;
}
