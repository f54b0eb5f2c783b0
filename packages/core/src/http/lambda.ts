// One application behind Lambda: events of an HTTP API (payload 2.0) and of a function URL become requests, answers become results.
// Buffered only. Whatever arrives is answered: an event that made the adapter throw would be a failure without a problem document.

import { isUtf8 } from "node:buffer";
import type { APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type { Hono } from "hono";
import * as v from "valibot";
import { DomainError } from "../error.ts";
import type { Log } from "../log.ts";
import type { AppEnv, Invocation } from "./app-env.ts";
import { setHouseHeaders } from "./edge.ts";
import { problem } from "./problem.ts";

export type LambdaHandler = (
  event: unknown,
  context: Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** The handler of a function. An event that is no HTTP request is answered 400 by the application itself. */
export function lambdaHandler(app: Hono<AppEnv>): LambdaHandler {
  return async (event, context) => {
    const invocation: Invocation = { timeLeft: () => context.getRemainingTimeInMillis(), runtimeRequestId: context.awsRequestId };
    const request = requestOf(event);
    const response = await (request === null
      ? app.fetch(new Request(`${ORIGIN}/`), { ...invocation, malformed: true })
      : app.fetch(request, invocation));
    return resultOf(response);
  };
}

/** The handler of a function whose configuration is missing or wrong: every request is 503, and the log names the variables. */
export function notConfigured(names: readonly string[], { commit, log }: { commit: string; log: Log }): LambdaHandler {
  return async (_event, { awsRequestId }) => {
    log.error("The configuration is missing or wrong.", { variables: names.join(" "), request_id: awsRequestId });
    const response = problem(new DomainError("not_configured", "This function is not configured."), awsRequestId);
    setHouseHeaders(response.headers, awsRequestId, commit);
    return resultOf(response);
  };
}

const ORIGIN = "http://function";

/** What is used of an event. Both kinds carry it in the same places. */
const HttpEvent = v.looseObject({
  rawPath: v.pipe(v.string(), v.startsWith("/")),
  rawQueryString: v.optional(v.string(), ""),
  cookies: v.optional(v.array(v.string()), []),
  headers: v.optional(v.record(v.string(), v.optional(v.string())), {}),
  requestContext: v.looseObject({ http: v.looseObject({ method: v.string() }) }),
  body: v.nullish(v.string(), ""),
  isBase64Encoded: v.optional(v.boolean(), false),
});

/** The request that an event stands for, or null when it stands for none. */
function requestOf(event: unknown): Request | null {
  const parsed = v.safeParse(HttpEvent, event);
  if (!parsed.success) return null;
  const { rawPath, rawQueryString, cookies, headers, requestContext, body, isBase64Encoded } = parsed.output;
  const { method } = requestContext.http;
  // A path or query with a raw # or ? in it would end early; everything else the address parser encodes itself.
  const path = rawPath.replace(/[?#]/g, encodeURIComponent);
  const search = rawQueryString === "" ? "" : `?${rawQueryString.replaceAll("#", "%23")}`;
  const bodiless = method === "GET" || method === "HEAD" || body === "";
  try {
    return new Request(`${ORIGIN}${path}${search}`, {
      method,
      headers: headersOf(headers, cookies),
      ...(bodiless ? {} : { body: Buffer.from(body, isBase64Encoded ? "base64" : "utf8") }),
    });
  } catch {
    return null; // a method, header or address that HTTP does not know
  }
}

function headersOf(given: Readonly<Record<string, string | undefined>>, cookies: readonly string[]): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) headers.append(name, value);
  if (cookies.length > 0) headers.set("Cookie", cookies.join("; "));
  return headers;
}

/** Text stays text; bytes that are no UTF-8 travel as base64. */
async function resultOf(response: Response): Promise<APIGatewayProxyStructuredResultV2> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = isUtf8(bytes);
  const cookies = response.headers.getSetCookie();
  response.headers.delete("Set-Cookie");
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    ...(cookies.length > 0 && { cookies }),
    body: bytes.toString(text ? "utf8" : "base64"),
    isBase64Encoded: !text,
  };
}
