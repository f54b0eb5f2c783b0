// Rows 30 to 44: bodies that are no JSON, too much, of another kind; and the HTTP around them.

import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { BAD_BODIES, type BadRequest } from "../../../support/bad-requests.ts";
import { exactRequest } from "../../../support/exact-request.ts";
import { givenSession } from "../../../support/given.ts";
import type { Operation } from "../../../support/openapi-document.ts";
import { ROOT_NAME, type AttackRequest, type Row } from "../row.ts";
import { asks, callerOf, GET_WALLET, matches, pathOf, POST_SESSION, POST_TURN, sends, shared } from "./requests.ts";

const of = (choose: (bad: BadRequest) => boolean): AttackRequest[] => BAD_BODIES.filter(choose).map(shared);
const unknownNames = of(({ what }) => what.startsWith("there is a property named"));
const isPrototype = ({ what = "" }: AttackRequest) => /"(?:__proto__|constructor|toString|prototype)"/.test(what);
const many = (count: number) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_none, index) => [`n${index}`, 1])));
const fewFaults = ({ json }: { json: { errors?: unknown[] } }) =>
  (json.errors?.length ?? 0) <= 20 ? null : "more than 20 faults are told";

const bodiless = ({ text }: { text: string }) => (text === "" ? null : "it has a body");

const ODD_ADDRESSES = [
  "/api/v1//sessions",
  "//api/v1/sessions",
  "/api/v1/sessions/",
  "/API/v1/sessions",
  "/api/v1/Sessions",
  "/api/v1/sessions;v=1",
  "/api/v1%2fsessions",
  "/api/v1/admin%2fpricing",
  "/api/v1/ADMIN/pricing",
  "/api/v1//admin/pricing",
  "/api/v1/./admin/pricing/",
  "/api/v1/sessions/../admin/pricing/",
  "/api/v1/users/me/wallet/",
  "/webhooks/stripe/",
];

export const BODY: readonly Row[] = [
  {
    id: 30,
    what: "malformed JSON",
    requests: () => [
      ...of(({ status, body = "" }) => status === 400 && body.length < 10_000),
      ...of(({ status, at }) => status === 422 && at === ""),
      sends(POST_TURN, '\ufeff{"message":"hi"}', { status: 201 }, { what: "a byte order mark is no fault" }),
      sends("PATCH /api/v1/admin/settings/enforcement", "{", { status: 400, code: "malformed_request" }, { as: ROOT_NAME }),
      sends("POST /api/v1/admin/pricing/versions", "", { status: 400, code: "malformed_request" }, { as: ROOT_NAME }),
    ],
  },
  {
    id: 31,
    what: "bodies above the limit: with their length, in chunks, with a length that lies",
    requests: () => [
      ...of(({ status }) => status === 413),
      sends(
        POST_TURN,
        `{"message":"${"x".repeat(300_000)}"}`,
        { status: 400, bare: true }, // whichever comes first: the product reads two octets, the server finds no request in the rest
        { headers: { "Content-Length": "2" } },
      ),
    ],
  },
  {
    id: 32,
    what: "nesting without end",
    requests: () => [
      ...of(({ body = "", status }) => status === 400 && body.length >= 10_000),
      ...of(({ what }) => what.includes("lists in each other")),
      sends(POST_SESSION, `{"tools":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, { status: 422 }),
      sends(POST_SESSION, "[".repeat(5_000_000), { status: 413 }),
      sends(
        "POST /api/v1/admin/wallets/ada/grant",
        `{"amount":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`,
        { status: 422, at: "amount" },
        { as: ROOT_NAME },
      ),
    ],
  },
  {
    id: 33,
    what: "a million properties, a hundred thousand elements",
    requests: () => [
      sends(POST_SESSION, many(1_000_000), { status: 413 }),
      sends(POST_SESSION, many(20_000), { status: 422, also: fewFaults }),
      sends(POST_TURN, `{"message":[${Array.from({ length: 100_000 }, () => "0").join(",")}]}`, { status: 422, at: "message" }),
      sends(POST_SESSION, `{"tools":[${Array.from({ length: 60_000 }, () => "0").join(",")}]}`, { status: 422, also: fewFaults }),
    ],
  },
  {
    id: 34,
    what: "names that reach for the prototype",
    requests: () => unknownNames.filter(isPrototype),
    story: async () => {
      expect("isAdmin" in {}).toBe(false);
      await Promise.resolve();
    },
  },
  {
    id: 35,
    what: "properties that only the product may set; any property, where no body is taken",
    requests: async ({ world, operations }) => [
      ...unknownNames.filter((bad) => !isPrototype(bad)),
      ...unasked(operations, await givenSession(world, "ada")),
    ],
  },
  { id: 36, what: "other content types", requests: () => of(({ what }) => /content type/.test(what)) },
  {
    id: 37,
    what: "encoded bodies, and a bomb",
    requests: () => [
      ...of(({ what }) => what.startsWith("the body is encoded")),
      sends(POST_TURN, gzipSync(Buffer.alloc(50_000_000, 32)), { status: 415 }, { headers: { "Content-Encoding": "gzip" } }),
      sends(POST_TURN, gzipSync('{"message":"hi"}'), { status: 400 }, { what: "a bomb that does not say so" }),
    ],
  },
  {
    id: 38,
    what: "a caller who wants HTML",
    requests: () =>
      ["GET /api/v1/sessions", "GET /api/v1/nothing", "GET /api/v1/admin/settings"].map((target) =>
        asks(
          target,
          {
            status: [200, 403, 404],
            also: ({ headers }) => (/json/.test(headers.get("content-type") ?? "") ? null : "it is not JSON"),
          },
          { headers: { Accept: "text/html" } },
        ),
      ),
  },
  {
    id: 39,
    what: "methods that an address does not take",
    requests: ({ operations }) => [
      ...[...new Set(operations.map(({ path }) => path))].flatMap((path) => {
        const taken = operations.find((operation) => operation.path === path);
        const as = taken === undefined ? null : callerOf(taken);
        return ["GET", "PUT", "DELETE", "PATCH", "POST", "TRACE", "PROPFIND"]
          .filter((method) => operations.every((operation) => operation.method !== method || !matches(operation.path, pathOf({ path }))))
          .map((method) => asks(`${method} ${pathOf({ path })}`, { status: 405, code: "method_not_allowed" }, { as }));
      }),
      asks("FOO /api/v1/sessions", { status: 400, bare: true }),
    ],
  },
  {
    id: 40,
    what: "HEAD is GET without the body, for the same people",
    requests: ({ operations }) =>
      operations
        .filter(({ method }) => method === "GET")
        .flatMap((operation) => {
          const target = `HEAD ${pathOf(operation)}`;
          const good = asks(target, { status: 200, also: bodiless }, { as: callerOf(operation) });
          return operation.secured ? [good, asks(target, { status: 401, also: bodiless }, { as: null })] : [good];
        }),
  },
  {
    id: 41,
    what: "another method in a header or in the query",
    requests: () => [
      ...["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"].flatMap((name) => [
        asks("GET /api/v1/sessions/{session}", { status: 200 }, { headers: { [name]: "DELETE" } }),
        sends(POST_SESSION, "{", { status: 400 }, { headers: { [name]: "GET" } }),
      ]),
      asks("GET /api/v1/sessions/{session}?_method=DELETE", { status: 422, at: "_method" }),
    ],
    story: async ({ send }) => {
      await send(asks("GET /api/v1/sessions/{session}", { status: 200 }));
    },
  },
  {
    id: 42,
    what: "other spellings of an address",
    requests: () =>
      ODD_ADDRESSES.flatMap((path) => [
        asks(`GET ${path}`, { status: [404, 403] }, { what: "as a user" }),
        asks(`GET ${path}`, { status: [404, 401] }, { as: null, what: "as nobody" }),
        asks(`GET ${path}`, { status: 404 }, { as: ROOT_NAME, what: "as an admin" }),
      ]),
  },
  {
    id: 43,
    what: "too many headers, too large a header, too long an address",
    requests: () => [
      asks(GET_WALLET, { status: 200 }, { headers: Object.fromEntries(Array.from({ length: 300 }, (_none, at) => [`X-Many-${at}`, "1"])) }),
      asks(GET_WALLET, { status: 431, bare: true }, { headers: { "X-Big": "b".repeat(20_000) } }),
      asks(`${GET_WALLET}?x=${"a".repeat(9_000)}`, { status: 414, code: "uri_too_long" }),
      asks(`GET /api/v1/${"a".repeat(9_000)}`, { status: 414, code: "uri_too_long" }),
    ],
  },
  {
    id: 44,
    what: "two lengths of one body",
    story: async ({ world }) => {
      const hidden = "GET /api/v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
      const lines = await world.captured.during(async () => {
        for (const framing of [
          `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
          `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${hidden}`,
          `Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello${hidden}`,
          `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
          `Content-Length: +5\r\n\r\nhello${hidden}`,
          `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
        ]) {
          const said = await raw(world.apiUrl, `POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\n${framing}`);
          expect([framing, said.slice(0, 12)]).toEqual([framing, "HTTP/1.1 400"]);
        }
      });
      expect(lines.filter((line) => line.includes("smuggled"))).toEqual([]);
      expect((await exactRequest(world.apiUrl, { method: "GET", path: "/api/v1/health" })).status).toBe(200);
    },
  },
];

/** A member in the body of every write that takes none. It is unknown there, and the same key with it is another request. */
function unasked(operations: readonly Operation[], session: string): AttackRequest[] {
  const things = { top_up_id: "{top_up}", proposal_id: "{top_up}", file_id: "{file}", key_id: "{key}", hold_id: "{hold}" };
  const ids = { session_id: session, user_id: "bob", version: "2026-02-20", ...things };
  return operations
    .filter(({ method, takesBody, secured }) => method !== "GET" && !takesBody && secured)
    .map((operation) =>
      sends(
        `${operation.method} ${pathOf(operation, ids)}`,
        '{"user_id":"ada"}',
        { status: 422, at: "user_id" },
        { as: callerOf(operation) },
      ),
    );
}

/** What a server says to these bytes until it hangs up, or is silent for long. */
function raw(origin: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on("error", reject);
    socket.on("data", (part) => {
      parts.push(part);
      socket.end(); // nothing more from here; what was smuggled in is still answered before the server hangs up
    });
    socket.on("close", () => resolve(Buffer.concat(parts).toString()));
    socket.write(bytes);
  });
}
