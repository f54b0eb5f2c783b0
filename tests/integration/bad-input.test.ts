// Bad input gets the refusal that the contract names, as a problem document, and leaves no trace: nothing is written, no model is asked,
// nothing is repeated. Every answer carries its request id and the build.

import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ProblemSchema } from "@pantheon/core/http/problem.ts";
import { newId } from "@pantheon/core/id.ts";
import { BAD_BODIES, BAD_IDS } from "../support/bad-requests.ts";
import { exactRequest, type ExactRequest } from "../support/exact-request.ts";
import { givenSession, runTurn } from "../support/given.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const ORIGIN = "https://app.example.com";
const COMMIT = "badc0de";
let world: TestWorld;
let session: string;
let token: string;
let before: unknown;

beforeAll(async () => {
  world = await testWorld({ environment: { CORS_ALLOWED_ORIGINS: ORIGIN, COMMIT_SHA: COMMIT, ADMIN_USER_IDS: "ada" } });
  session = await givenSession(world);
  await runTurn(world, session);
  token = await world.issuer.token({ user: "ada" });
  before = await tracesOf(world);
});

afterEach(() => expectNothingHappened());

afterAll(() => world.end());

/** Sends exactly this, as the user unless the headers say otherwise, and looks at what every answer must have. */
async function send(sent: ExactRequest): Promise<Answer> {
  const headers = { Authorization: `Bearer ${token}`, ...sent.headers };
  const answer = await exactRequest(world.apiUrl, { ...sent, path: sent.path.replace("{session}", session), headers });
  expect(answer.headers.get("pantheon-version")).toBe(COMMIT);
  expect(answer.headers.get("x-request-id")).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  if (answer.status >= 400 && answer.text !== "") {
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const problem = v.parse(ProblemSchema, answer.json);
    expect([problem.status, problem.request_id]).toEqual([answer.status, answer.headers.get("x-request-id")]);
    expect(answer.text).not.toMatch(/canary|postgres|node_modules|\.ts:|SELECT|credit_wallets/i);
  }
  return answer;
}

describe("a request is refused when", () => {
  it.each(BAD_BODIES)("$what ($target)", async ({ target, headers, body, status, at }) => {
    const [method = "", path = ""] = target.split(" ");
    const answer = await send({ method, path, ...(headers && { headers }), ...(body !== undefined && { body }) });
    expect(answer.status).toBe(status);
    if (at !== undefined) expect(answer.json.errors).toEqual([{ path: at, message: expect.any(String) }]);
  });

  it("there are thousands of unknown properties, with no more than a few of them told", async () => {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_none, index) => [`n${index}`, 0])));
    const answer = await send({ method: "POST", path: "/api/v1/sessions", headers: { "Content-Type": "application/json" }, body });
    expect(answer.status).toBe(422);
    expect(answer.json.errors.length).toBeLessThanOrEqual(20);
  });
});

describe("what only looks bad", () => {
  const big = "😀".repeat(32_000);

  it.each([
    ["32 000 characters of four octets, with blanks around them", JSON.stringify({ message: ` ${big}\n` }), { user_input: big }],
    ["a byte order mark", '\ufeff{"message":"hi"}', { user_input: "hi" }],
    ["a pair of surrogates, spelled out", String.raw`{"message":"\ud83d\ude00"}`, { user_input: "😀" }],
    ["one property twice", '{"message":5,"message":"hi"}', { user_input: "hi" }],
    ["the fewest output tokens", '{"message":"hi","max_output_tokens":1}', { status: "completed" }],
    ["the most output tokens, as a decimal", '{"message":"hi","max_output_tokens":8192.0}', { status: "completed" }],
    [
      "a text that looks like SQL and script",
      `{"message":"'; DROP TABLE turns; -- <script>"}`,
      { user_input: "'; DROP TABLE turns; -- <script>" },
    ],
  ])("is taken: %s", async (_what, body, expected) => {
    const headers = { "Content-Type": "Application/JSON ; charset=UTF-8" };
    const answer = await send({ method: "POST", path: "/api/v1/sessions/{session}/turns", headers, body });
    expect([answer.status, answer.json]).toEqual([201, expect.objectContaining(expected)]);
    before = await tracesOf(world);
  });
});

describe("a body that is longer than it says", () => {
  it("is cut where it said, and the rest is no request", async () => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Content-Length": "2" };
    const body = `{"message":"${"x".repeat(300_000)}"}`;
    const answer = await exactRequest(world.apiUrl, { method: "POST", path: `/api/v1/sessions/${session}/turns`, headers, body });
    expect(answer.status).toBe(400);
  });
});

const READS = ["auth/me", "users/me/wallet", "users/me/usage", "users/me/transactions", "sessions", "sessions/{session}"];
const LISTS = ["sessions", "sessions/{session}/turns", "sessions/{session}/messages", "users/me/usage", "users/me/transactions"];
const RECEIPT = "users/me/transactions/{id}/receipt";

describe("a query", () => {
  it.each([...READS, ...LISTS])("that GET %s does not know is refused with its name", async (path) => {
    for (const name of ["user_id", "is_admin", "x", "__proto__", "constructor", "_method"]) {
      const answer = await send({ method: "GET", path: `/api/v1/${path}?${name}=1` });
      expect([answer.status, answer.json.errors]).toEqual([422, [{ path: name, message: "is not known" }]]);
    }
  });

  it.each(["POST /api/v1/sessions", "POST /api/v1/sessions/{session}/turns", "DELETE /api/v1/sessions/{session}"])(
    "of %s is refused",
    async (target) => {
      const [method = "", path = ""] = target.split(" ");
      const answer = await send({
        method,
        path: `${path}?user_id=bob`,
        headers: { "Content-Type": "application/json" },
        body: '{"message":"hi"}',
      });
      expect([answer.status, answer.json.errors]).toEqual([422, [{ path: "user_id", message: "is not known" }]]);
    },
  );
});

describe("an id in a path", () => {
  const PRICE = '{"multiplier":1,"pricing_version":"2026-02-20"}';
  const routes = [
    "GET sessions/{id}",
    "DELETE sessions/{id}",
    "GET sessions/{id}/turns",
    "GET sessions/{id}/messages",
    "POST sessions/{id}/turns",
    `GET ${RECEIPT}`,
    "GET admin/wallets/{id}",
    "PATCH admin/pricing/{id}",
    "POST admin/users/{id}/suspend",
    "POST admin/users/{id}/reactivate",
    "POST admin/pricing/versions/{id}/activate",
  ];

  it.each(routes)("that is none of ours is answered by %s like one that never was", async (route) => {
    const [method = "", path = ""] = route.split(" ");
    const ask = (id: string) => {
      const body = { ...(method === "POST" && { body: '{"message":"hi"}' }), ...(method === "PATCH" && { body: PRICE }) };
      const headers = { "Content-Type": "application/json", "X-Request-Id": "same" };
      return send({ method, path: `/api/v1/${path.replace("{id}", () => id)}`, headers, ...body });
    };
    const unknown = await ask(newId());
    expect([unknown.status, unknown.json.code]).toEqual([404, "not_found"]);
    for (const spelled of BAD_IDS) {
      const odd = await ask(spelled.replace("{id}", () => session).replace("{ID}", () => session.toUpperCase()));
      expect([spelled, odd.status, odd.text]).toEqual([spelled, 404, unknown.text]);
    }
    expect((await ask("a".repeat(10_000))).status).toBe(414);
  });
});

describe("an address", () => {
  it.each([
    "/",
    "/api",
    "/api/v1",
    "/api/v2/sessions",
    "/api/v1/nothing",
    "/api/v1/sessions/",
    "/api/v1//sessions",
    "/API/v1/sessions",
    "/api/v1/Sessions",
    "/api/v1/sessions;v=1",
    "/api/v1%2fsessions",
    "/api/v1/sessions/{session}/turns/1",
    "/api/v1/sessions/../../etc/passwd",
    "/api/v1/users/me",
    "/api/v1/users/bob/wallet",
    "/api/v1/auth/me/",
    "/api/v1/admin",
    "/webhooks/stripe/x",
    "/.env",
    "/debug/vars",
  ])("that is nobody's, %s, is 404", async (path) => {
    expect(await send({ method: "GET", path })).toMatchObject({ status: 404, json: { code: "not_found" } });
  });

  it.each([
    ["/api/v1/sessions", ["PUT", "PATCH", "DELETE", "TRACE"], ["GET", "POST"]],
    ["/api/v1/sessions/{session}", ["PUT", "PATCH", "POST"], ["DELETE", "GET"]],
    ["/api/v1/sessions/{session}/turns", ["PUT", "PATCH", "DELETE"], ["GET", "POST"]],
    ["/api/v1/sessions/{session}/messages", ["POST", "DELETE", "PATCH"], ["GET"]],
    ["/api/v1/users/me/wallet", ["POST", "PUT", "DELETE", "PROPFIND"], ["GET"]],
    ["/api/v1/auth/me", ["POST"], ["GET"]],
    ["/api/v1/health/admin", ["POST", "DELETE"], ["GET"]],
  ])("%s is 405 for methods that it does not take, and names those that it does", async (path, methods, allowed) => {
    for (const method of methods) {
      const answer = await send({ method, path, headers: { "X-HTTP-Method-Override": "GET" } });
      const named = answer.headers.get("allow")?.split(/, */) ?? [];
      expect([answer.status, answer.json.code]).toEqual([405, "method_not_allowed"]);
      expect(named.filter((name) => name !== "HEAD" && name !== "OPTIONS").toSorted()).toEqual(allowed);
    }
  });

  it.each(["/api/v1/health", "/api/v1/auth/me", "/api/v1/users/me/wallet", "/api/v1/sessions", "/api/v1/sessions/{session}"])(
    "answers HEAD %s like GET, without the body",
    async (path) => {
      const got = await send({ method: "GET", path });
      const head = await send({ method: "HEAD", path });
      expect([head.status, head.text, head.headers.get("content-type")]).toEqual([200, "", got.headers.get("content-type")]);
      const anonymous = await send({ method: "HEAD", path, headers: { Authorization: "" } });
      expect([anonymous.status, anonymous.text]).toEqual([path === "/api/v1/health" ? 200 : 401, ""]);
    },
  );
});

const preflight = (origin: string) => ({
  Origin: origin,
  "Access-Control-Request-Method": "POST",
  "Access-Control-Request-Headers": "authorization",
});

describe("a browser", () => {
  it("of a configured origin may ask and call, without credentials", async () => {
    const asked = await send({ method: "OPTIONS", path: "/api/v1/sessions", headers: preflight(ORIGIN) });
    expect([asked.status, asked.text, asked.headers.get("access-control-allow-origin")]).toEqual([204, "", ORIGIN]);
    const called = await send({ method: "GET", path: "/api/v1/sessions", headers: { Origin: ORIGIN } });
    expect([called.status, called.headers.get("access-control-allow-origin")]).toEqual([200, ORIGIN]);
    for (const { headers } of [asked, called]) expect(headers.get("access-control-allow-credentials")).toBeNull();
  });

  it.each(["https://evil.example.com", `${ORIGIN}.evil.com`, "http://app.example.com", "null", `${ORIGIN}:444`])(
    "of %s is told nothing",
    async (origin) => {
      for (const sent of [
        { method: "OPTIONS", headers: preflight(origin) },
        { method: "GET", headers: { Origin: origin } },
      ]) {
        expect((await send({ ...sent, path: "/api/v1/sessions" })).headers.get("access-control-allow-origin")).toBeNull();
      }
    },
  );
});

describe("a request id", () => {
  it.each(["a b", "<script>", "x".repeat(65), "ä", "a,b"])("that is not plain (%s) is replaced", async (id) => {
    const answer = await send({ method: "GET", path: "/api/v1/auth/me", headers: { "X-Request-Id": Buffer.from(id).toString("latin1") } });
    expect(answer.headers.get("x-request-id")).not.toContain(id.slice(0, 3));
  });
});

/** No row of any table is another, no model was asked, and no object has got a property that it was not given. */
async function expectNothingHappened(): Promise<void> {
  expect(await tracesOf(world)).toEqual(before);
  expect("isAdmin" in {}).toBe(false);
}
