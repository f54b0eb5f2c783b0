// Behind Lambda the same application answers the same way: whatever event arrives becomes a request byte for byte, or a 400, and the
// adapter never throws.

import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { lambdaHandler } from "@pantheon/edge/lambda/buffered.ts";
import { edgeApp, HOUSE_HEADERS, houseHeaders, refused, THING, type Answer } from "../support/edge.ts";
import { apiEvent, bodyOf, STRANGE_EVENTS, urlEvent } from "../support/lambda-event.ts";
import { quietLog } from "../support/quiet-log.ts";

const AWS_ID = "8f5c5c1e-6b1c-4a52-9b1a-000000000001";
const CONTEXT = { awsRequestId: AWS_ID, getRemainingTimeInMillis: () => 12_345 };
const handler = lambdaHandler(edgeApp(quietLog()));

async function answerTo(event: unknown): Promise<Answer & { result: APIGatewayProxyStructuredResultV2 }> {
  const result = await handler(event, CONTEXT);
  const headers = Object.fromEntries(Object.entries(result.headers ?? {}).map(([name, value]) => [name, String(value)]));
  return { status: result.statusCode ?? 0, headers, text: result.body ?? "", result };
}

function posted(raw: string | Buffer, base64: boolean, headers: Record<string, string> = {}): object {
  return apiEvent({
    method: "POST",
    path: THING,
    headers: { "content-type": "application/json", ...headers },
    more: bodyOf(raw, base64),
  });
}

describe.each([
  ["an HTTP API", apiEvent],
  ["a function URL", urlEvent],
])("an event of %s", (_name, event) => {
  it("keeps path, query, cookies and joined headers as they came", async () => {
    const asked = { search: "a=1&a=2&b=%20%2B+%23&c", headers: { "x-list": "one,two" }, more: { cookies: ["s=1", "t=2"] } };
    const { status, text } = await answerTo(event(asked));
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { url: "http://function/api/v1/echo?a=1&a=2&b=%20%2B+%23&c", cookie: "s=1; t=2", list: "one,two" },
    ]);
  });

  it("has what the runtime leaves of the time", async () => {
    const { status, text } = await answerTo(event({ path: "/api/v1/deadline" }));
    expect([status, JSON.parse(text)]).toEqual([200, { in: 12_345 }]);
  });

  it("tells the caller their own request id, else the runtime's", async () => {
    const own = await answerTo(event({ headers: { "x-request-id": "mine" } }));
    expect(own.headers["pantheon-request-id"]).toBe(AWS_ID);
    expect([own.headers["x-request-id"], (await answerTo(event({}))).headers["x-request-id"]]).toEqual(["mine", AWS_ID]);
  });

  it("is answered with the same headers and refusals as over HTTP", async () => {
    expect(houseHeaders(await answerTo(event({})))).toEqual(HOUSE_HEADERS);
    expect(await refused(answerTo(event({ path: "/nothing" })))).toBe("404 not_found");
    expect(await refused(answerTo(event({ method: "PUT" })))).toBe("405 method_not_allowed");
    expect(await refused(answerTo(event({ path: "/api/v1/things", search: "limit=-1" })))).toBe("422 invalid_request at limit");
    expect(await refused(answerTo(event({ path: "/api/v1/fails/text" })))).toBe("500 internal");
  });
});

describe("an address with a percent sign", () => {
  // The id on the wire is `100%2541`: somebody whose name is `100%41`. A gateway hands the path over decoded once, a URL as it was sent.
  it.each([
    ["an HTTP API", apiEvent, "100%41"],
    ["a function URL", urlEvent, "100%2541"],
  ])("is decoded once behind %s", async (_name, event, delivered) => {
    const { text } = await answerTo(event({ path: `/api/v1/named/${delivered}` }));
    expect(JSON.parse(text)).toEqual({ name: "100%41" });
  });

  it.each(["100%", "%zz", "a%2", "%00", "a?b#c", "é"])("that a gateway hands over as %j stays what it is", async (name) => {
    const { status, text } = await answerTo(apiEvent({ path: `/api/v1/named/${name}` }));
    expect([status, JSON.parse(text)]).toEqual([200, { name }]);
  });
});

describe("a body", () => {
  it.each([false, true])("arrives byte for byte, in base64: %s", async (base64) => {
    const { status, text } = await answerTo(posted(JSON.stringify({ message: "Grüße 😀" }), base64));
    expect([status, JSON.parse(text)]).toEqual([201, expect.objectContaining({ characters: 7 })]);
  });

  it("of the same bytes stands for the same request in both forms", async () => {
    const raw = '{"message":"é"}';
    const [plain, encoded] = await Promise.all([answerTo(posted(raw, false)), answerTo(posted(raw, true))]);
    expect(plain.text).toBe(encoded.text);
  });

  it("that is no UTF-8 is malformed and not repaired", async () => {
    expect(await refused(answerTo(posted(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), true)))).toBe("400 malformed_request");
  });

  it("above 256 KiB is 413 by its real bytes, whatever length it claims", async () => {
    const big = JSON.stringify({ message: "a".repeat(300_000) });
    expect(await refused(answerTo(posted(big, false, { "content-length": "2" })))).toBe("413 payload_too_large");
    expect(await refused(answerTo(posted(big, true, { "content-length": "2", "transfer-encoding": "chunked" })))).toBe(
      "413 payload_too_large",
    );
    expect(await refused(answerTo(posted('{"message":"x"}', false, { "content-length": "999999" })))).toBe("413 payload_too_large");
  });

  it.each([undefined, null, ""])("that is %j is malformed where one is needed", async (body) => {
    const event = apiEvent({ method: "POST", path: THING, headers: { "content-type": "application/json" }, more: { body } });
    expect(await refused(answerTo(event))).toBe("400 malformed_request");
  });

  it("of a GET is not looked at", async () => {
    expect((await answerTo(apiEvent({ more: { body: "{" } }))).status).toBe(200);
  });
});

describe("an answer", () => {
  it("of bytes travels as base64, and each cookie by itself", async () => {
    const { result } = await answerTo(apiEvent({ path: "/api/v1/bytes" }));
    expect(result).toMatchObject({
      statusCode: 200,
      isBase64Encoded: true,
      body: Buffer.from([0, 255, 254, 10]).toString("base64"),
      cookies: ["a=1", "b=2"],
    });
    expect(Object.keys(result.headers ?? {})).not.toContain("set-cookie");
  });

  it("of text travels as text", async () => {
    expect((await answerTo(apiEvent({}))).result).toMatchObject({ isBase64Encoded: false, body: expect.stringContaining('"url"') });
  });
});

describe("an address", () => {
  it.each([
    ["a raw # in the path", { path: "/api/v1/echo#b" }, "404 not_found"],
    ["a raw ? in the path", { path: "/api/v1/things?limit=1" }, "404 not_found"],
    ["an authority in the path", { path: "//evil.example/api/v1/echo" }, "404 not_found"],
    ["credentials in the path", { path: "/@evil.example/" }, "404 not_found"],
    ["a way up", { path: "/api/v1/../../etc/passwd" }, "404 not_found"],
    ["broken percent signs", { path: "/api/v1/%E0%A4%A" }, "404 not_found"],
    ["9 KB", { path: `/${"a".repeat(9_000)}` }, "414 uri_too_long"],
    ["a raw # in the query", { path: "/api/v1/things", search: "limit=1#0" }, "422 invalid_request at limit"],
  ])("with %s leads nowhere else", async (_name, asked, expected) => {
    expect(await refused(answerTo(apiEvent(asked)))).toBe(expected);
  });
});

describe("an event that is no HTTP request", () => {
  it.each(STRANGE_EVENTS)("is 400: %s", async (_name, event) => {
    const answer = await answerTo(event);
    expect(await refused(answer)).toBe("400 malformed_request");
    expect(answer.headers["x-request-id"]).toBe(AWS_ID);
  });
});
