// Events as an HTTP API and a function URL deliver them, with everything that is always there, and their answers as HTTP again.

import type { Invoked } from "./lambda-container.ts";
import type { Answer } from "./world.ts";

export type Asked = { method?: string; path?: string; search?: string; headers?: Record<string, string>; more?: object };

/** An event of an HTTP API, payload 2.0. */
export function apiEvent({ method = "GET", path = "/api/v1/echo", search = "", headers = {}, more = {} }: Asked): object {
  return {
    version: "2.0",
    routeKey: "ANY /api/v1/{proxy+}",
    rawPath: path,
    rawQueryString: search,
    headers: { host: "abc.execute-api.eu-central-1.amazonaws.com", ...headers },
    requestContext: {
      accountId: "000000000000",
      apiId: "abc",
      domainName: "abc.execute-api.eu-central-1.amazonaws.com",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "gateway-1",
      routeKey: "ANY /api/v1/{proxy+}",
      stage: "$default",
      time: "20/Nov/2026:10:03:00 +0000",
      timeEpoch: 1_795_000_000_000,
    },
    isBase64Encoded: false,
    ...more,
  };
}

/** The same as a function URL delivers it. */
export function urlEvent(asked: Asked): object {
  const event = { ...apiEvent(asked) } as { requestContext: object };
  return { ...event, routeKey: "$default", requestContext: { ...event.requestContext, domainName: "abc.lambda-url.eu-central-1.on.aws" } };
}

/** A body as it travels in an event: as text, or in base64. */
export function bodyOf(raw: string | Uint8Array, isBase64Encoded: boolean): object {
  return { body: Buffer.from(raw).toString(isBase64Encoded ? "base64" : "utf8"), isBase64Encoded };
}

/** What a function may be invoked with that is no HTTP request; none of it may be answered with a success. */
export const STRANGE_EVENTS: readonly (readonly [name: string, event: unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["a text", "canary"],
  ["a number", 1],
  ["a list", []],
  ["empty", {}],
  ["a schedule's", { source: "aws.events", "detail-type": "Scheduled Event", detail: {} }],
  ["a queue's", { Records: [{ body: "canary" }] }],
  ["of payload 1.0", { version: "1.0", path: "/", httpMethod: "GET", headers: null, requestContext: { httpMethod: "GET" } }],
  ["without a path", { ...apiEvent({}), rawPath: undefined }],
  ["with a path that is none", apiEvent({ path: "api/v1/echo" })],
  ["without a context", { ...apiEvent({}), requestContext: undefined }],
  ["with a header that is a list", { ...apiEvent({}), headers: { a: ["b"] } }],
  ["with a header name that is none", apiEvent({ headers: { "a b": "c" } })],
  ["with a header of two lines", apiEvent({ headers: { a: "b\r\nSet-Cookie: c=d" } })],
  ["with a header outside of Latin-1", apiEvent({ headers: { a: "😀" } })],
  ["with a body that is an object", apiEvent({ method: "POST", more: { body: {} } })],
  ["of the method CONNECT", apiEvent({ method: "CONNECT" })],
  ["of the method TRACE", apiEvent({ method: "TRACE" })],
  ["of a method that is none", apiEvent({ method: "GET /" })],
  ["without a method", apiEvent({ method: "" })],
];

export type LambdaAnswer = Answer & { readonly cookies: readonly string[]; readonly bytes: Buffer; readonly requestId: string };

/** What the front makes of an answer. Throws for an invocation that gave none. */
export function answerOf(invoked: Invoked): LambdaAnswer {
  if (invoked.kind !== "answered" && invoked.kind !== "streamed") throw new Error(`no answer: ${JSON.stringify(invoked)}`);
  const head = invoked.kind === "answered" ? invoked.payload : invoked.head;
  const bytes = invoked.kind === "answered" ? Buffer.from(head.body, head.isBase64Encoded ? "base64" : "utf8") : invoked.body;
  const headers = new Headers(head.headers);
  const text = bytes.toString();
  const isJson = headers.get("content-type")?.includes("json") ?? false;
  const { requestId } = invoked;
  return { status: head.statusCode, headers, cookies: head.cookies ?? [], bytes, text, json: isJson ? JSON.parse(text) : null, requestId };
}
