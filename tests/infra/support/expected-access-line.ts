// What the gateway logs of a request.

/** Nothing in it that a caller wrote: no path, query, header or address. */
export const ACCESS_LINE = {
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
};
