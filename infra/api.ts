// The HTTP API in front of the functions: which path goes where, how much may come in, and what is logged of it.

import type { Maybe } from "./key.ts";
import { BEHIND_API, FUNCTIONS } from "../functions/functions.ts";
import type { PantheonFunctions } from "./functions.ts";
import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";

export function createApi(
  { throttling, retention }: StageOptions,
  functions: PantheonFunctions,
  key: Maybe<aws.kms.Key>,
): sst.aws.ApiGatewayV2 {
  const api = new sst.aws.ApiGatewayV2("Api", {
    // Preflights reach the functions like any other request. With rules of its own the gateway would answer them, and overwrite what the
    // application says, in a second place that could come to differ.
    cors: false,
    accessLog: { retention },
    transform: {
      api: (args) => {
        args.name = stageName();
        delete args.corsConfiguration;
      },
      logGroup: { name: `/aws/vendedlogs/apis/${stageName()}`, ...(key !== null && { kmsKeyId: key.arn }) },
      stage: (args) => {
        args.accessLogSettings = $output(args.accessLogSettings).apply((settings) => ({
          destinationArn: settings?.destinationArn ?? "",
          format: ACCESS_LOG,
        }));
        args.defaultRouteSettings = { throttlingRateLimit: throttling.rate, throttlingBurstLimit: throttling.burst };
      },
    },
  });
  for (const name of BEHIND_API) {
    for (const prefix of FUNCTIONS[name].addresses) {
      // The ARN rather than the function, so that a route's name does not depend on how its function is made.
      api.route(`ANY ${prefix}`, functions[name].arn, { name: prefix });
      api.route(`ANY ${prefix}/{proxy+}`, functions[name].arn, { name: `${prefix}/below` });
    }
  }
  return api;
}

/** One JSON line a request. No path, query, header or address: they hold people's ids. The function's own line has the rest, by `integrationRequestId`. */
const ACCESS_LOG = JSON.stringify({
  requestTime: "$context.requestTime",
  requestId: "$context.requestId",
  integrationRequestId: "$context.integration.requestId",
  httpMethod: "$context.httpMethod",
  routeKey: "$context.routeKey",
  status: "$context.status",
  responseLatency: "$context.responseLatency",
  responseLength: "$context.responseLength",
  integrationLatency: "$context.integration.latency",
  integrationStatus: "$context.integration.integrationStatus",
});
