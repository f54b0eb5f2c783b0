// Only the addresses, methods and query parameters that exist are answered; every other spelling is refused alike.

import { describe, expect, it } from "vitest";
import { HOUSE_HEADERS, houseHeaders, ID, refused, startEdge, THING } from "../support/edge.ts";

const { send, post } = startEdge();

describe("a path", () => {
  const unknown = `/api/v1/things/${ID.replace("1", "2")}`;

  it.each([
    ["upper case", `/api/v1/things/${ID.toUpperCase()}`],
    ["braces", `/api/v1/things/%7B${ID}%7D`],
    ["a urn", `/api/v1/things/urn:uuid:${ID}`],
    ["SQL", "/api/v1/things/'%20OR%201=1--"],
    ["a second statement", "/api/v1/things/1;DROP%20TABLE%20wallets"],
    ["a parameter", "/api/v1/things/$1"],
    ["a backslash", "/api/v1/things/%5C"],
    ["NUL", "/api/v1/things/%00"],
    ["half of a character", "/api/v1/things/%E0%A4%A"],
    ["a bare percent", "/api/v1/things/%"],
    ["a way up, encoded", "/api/v1/things/..%2f..%2fetc%2fpasswd"],
    ["a way up, encoded twice", "/api/v1/things/%252e%252e"],
    ["4 KB", `/api/v1/things/${"a".repeat(4_096)}`],
  ])("with an id in the form of %s is answered exactly like an unknown id", async (_name, path) => {
    const headers = { "X-Request-Id": "same" };
    const known = await post({ message: "x" }, { path: unknown, headers });
    const odd = await post({ message: "x" }, { path, headers });
    expect([odd.status, odd.text]).toEqual([404, known.text]);
    expect(await refused(odd)).toBe("404 not_found");
  });

  it.each([
    "/api/v1//things",
    "/api/v1/things/",
    "/API/v1/things",
    "/api/v1/things;v=1",
    "/api/v1%2fthings",
    "/api/v1/things/../../../etc/passwd",
    "/",
    "//",
    "/debug",
  ])("%s is nobody's", async (path) => {
    expect(await refused(send({ path }))).toBe("404 not_found");
  });

  it("above 8 KiB is 414, and at 8 KiB it is read", async () => {
    expect(await refused(send({ path: `/api/v1/things?cursor=${"a".repeat(9_000)}` }))).toBe("414 uri_too_long");
    expect(await refused(send({ path: `/api/v1/things?cursor=${"a".repeat(8_000)}` }))).toBe("422 invalid_request at cursor");
  });
});

describe("a method", () => {
  it.each([
    ["PUT", "/api/v1/things", "GET, HEAD"],
    ["DELETE", "/api/v1/things", "GET, HEAD"],
    ["PATCH", "/api/v1/things", "GET, HEAD"],
    ["POST", "/api/v1/things", "GET, HEAD"],
    ["PROPFIND", "/api/v1/things", "GET, HEAD"],
    ["TRACE", "/api/v1/things", "GET, HEAD"],
    ["GET", THING, "POST"],
  ])("%s that %s does not take is 405, and Allow says %s", async (method, path, allow) => {
    const answer = await send({ method, path });
    expect(answer.headers.allow).toBe(allow);
    expect(await refused(answer)).toBe("405 method_not_allowed");
  });

  it("HEAD that an address does not take is 405 without a body", async () => {
    const answer = await send({ method: "HEAD", path: THING });
    expect([answer.status, answer.headers.allow, answer.text]).toEqual([405, "POST", ""]);
  });

  it("that nobody knows is 400", async () => {
    expect((await send({ method: "FOO" })).status).toBe(400);
  });

  it("HEAD is GET without a body", async () => {
    const answer = await send({ method: "HEAD" });
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(houseHeaders(answer)).toEqual(HOUSE_HEADERS);
  });

  it("is the one on the request line, whatever headers say", async () => {
    const headers = { "X-HTTP-Method-Override": "DELETE", "X-Method-Override": "POST", "X-HTTP-Method": "PUT" };
    expect((await send({ headers })).status).toBe(200);
    expect(await refused(send({ path: "/api/v1/things?_method=DELETE" }))).toBe("422 invalid_request at _method");
  });
});

describe("a query", () => {
  it.each<[string, string]>([
    ...["-1", "0", "201", "1e9", "abc", "10abc", "0x1F", "1.5", "", "%20", "%", "%00", "1&limit=1000", "1&limit=1"].map(
      (value): [string, string] => [`limit=${value}`, "limit"],
    ),
    ...["-1", "10001", "9223372036854775808", "1e3", ""].map((value): [string, string] => [`offset=${value}`, "offset"]),
    ["cursor=", "cursor"],
    ["cursor=abc", "cursor"],
    ["offset=0&cursor=abc", "cursor"],
    ["sort=balance", "sort"],
    ["fields=*", "fields"],
    ["user_id=bob", "user_id"],
    ["LIMIT=1", "LIMIT"],
    ["limit[]=1", "limit[]"],
    ["__proto__=1", "__proto__"],
    ["toString=1&toString=2", "toString"],
  ])("%s is refused with the place", async (search, path) => {
    expect(await refused(send({ path: `/api/v1/things?${search}` }))).toBe(`422 invalid_request at ${path}`);
  });

  it("with a parameter given twice, or a thousand of them, names each once and no more than twenty", async () => {
    const names = Array.from({ length: 1_000 }, (_none, index) => `a${index}`);
    const search = [...names, ...names, "limit=1"].join("&");
    expect(search.length).toBeGreaterThan(8_192);
    expect(await refused(send({ path: `/api/v1/things?${search}` }))).toBe("414 uri_too_long");
    const fewer = names.slice(0, 600);
    const { status, text } = await send({ path: `/api/v1/things?${[...fewer, ...fewer, ...fewer].join("&").slice(0, 8_000)}` });
    const { errors }: { errors: { path: string; message: string }[] } = JSON.parse(text);
    expect([status, errors.length, new Set(errors.map(({ path }) => path)).size]).toEqual([422, 20, 20]);
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set(["must be given once"]));
  });

  it("is refused where none is taken", async () => {
    expect(await refused(post({ message: "x" }, { path: `${THING}?user_id=bob` }))).toBe("422 invalid_request at user_id");
  });

  it("of a page is read", async () => {
    const answer = await send({ path: "/api/v1/things?limit=200&offset=10000" });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { limit: 200, offset: 10_000, after: null }]);
  });
});
