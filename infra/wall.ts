// A rule that shuts out an address which asks a stage too often.

import { stageName } from "./stage-name.ts";

/** The rule, in front of CloudFront. WAF for CloudFront is kept in one region, whatever the stage's is. `perAddress`: requests in five minutes. */
export function createWall(perAddress: number): aws.wafv2.WebAcl {
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
