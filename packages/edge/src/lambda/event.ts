// What Lambda delivers, as a request: events of an HTTP API (payload 2.0) and of a function URL look alike where it matters. Both
// adapters begin here; how a response leaves is theirs.

import type { Context } from "aws-lambda";
import * as v from "valibot";
import type { Invocation } from "../shell/app-env.ts";

/** An application as an adapter needs it. It never rejects. */
export type App = { fetch(request: Request, invocation: Invocation): Response | Promise<Response> };

/** Runs `work` with the application as it is for this request; it is of use until `work` has ended. */
export type WithApp = <T>(work: (app: App) => Promise<T>) => Promise<T>;

export type LambdaContext = Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">;

/** One application for all requests, or one that is asked for with each of them. */
export function withAppOf(app: App | WithApp): WithApp {
  return typeof app === "function" ? app : (work) => work(app);
}

/** The application's response to an event; to one that is no HTTP request it is 400, by the application itself. */
export async function answerTo(app: App, event: unknown, context: LambdaContext): Promise<Response> {
  const parsed = v.safeParse(HttpEvent, event);
  const sourceAddress = parsed.success ? parsed.output.requestContext.http.sourceIp : undefined;
  const invocation: Invocation = {
    timeLeft: () => context.getRemainingTimeInMillis(),
    runtimeRequestId: context.awsRequestId,
    ...(sourceAddress !== undefined && { sourceAddress }),
  };
  const request = parsed.success ? requestOf(parsed.output) : null;
  return request === null ? app.fetch(new Request(`${ORIGIN}/`), { ...invocation, malformed: true }) : app.fetch(request, invocation);
}

/** Status, headers and cookies as both kinds of response carry them. */
export function headOf(response: Response): { statusCode: number; headers: Record<string, string>; cookies?: string[] } {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "set-cookie"));
  const cookies = response.headers.getSetCookie();
  return { statusCode: response.status, headers, ...(cookies.length > 0 && { cookies }) };
}

const ORIGIN = "http://function";

/** What is used of an event. Both kinds carry it in the same places. */
const HttpEvent = v.looseObject({
  rawPath: v.pipe(v.string(), v.startsWith("/")),
  rawQueryString: v.optional(v.string(), ""),
  cookies: v.optional(v.array(v.string()), []),
  headers: v.optional(v.record(v.string(), v.optional(v.string())), {}),
  requestContext: v.looseObject({
    domainName: v.optional(v.string(), ""),
    http: v.looseObject({ method: v.string(), sourceIp: v.optional(v.string()) }),
  }),
  body: v.nullish(v.string(), ""),
  isBase64Encoded: v.optional(v.boolean(), false),
});

/** The request that an event stands for, or null when it stands for none. */
function requestOf(event: v.InferOutput<typeof HttpEvent>): Request | null {
  const { rawPath, rawQueryString, cookies, headers, requestContext, body, isBase64Encoded } = event;
  const { method } = requestContext.http;
  const path = encodedOnce(rawPath, requestContext.domainName);
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

const FUNCTION_URL = /\.lambda-url\.[a-z0-9-]+\.on\.aws$/;

/**
 * An HTTP API hands its path over decoded, a function URL as it was sent. The application decodes once, so what is decoded already is
 * encoded again: else `100%2541`, sent for a user `100%41`, would reach the user `100A`. A path with a raw # or ? in it would end early;
 * everything else the address parser encodes itself.
 */
function encodedOnce(rawPath: string, domainName: string): string {
  return rawPath.replace(FUNCTION_URL.test(domainName) ? /[?#]/g : /[%?#]/g, encodeURIComponent);
}

function headersOf(given: Readonly<Record<string, string | undefined>>, cookies: readonly string[]): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) headers.append(name, value);
  if (cookies.length > 0) headers.set("Cookie", cookies.join("; "));
  return headers;
}
