// An address that is nobody's is 404, a method that an address does not take is 405 with those that it does, and browsers, request ids and
// everything else around a request get what the contract says; and nothing happens.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkedSend, COMMIT } from "../support/checked-send.ts";
import type { ExactRequest } from "../support/exact-request.ts";
import { givenSession } from "../support/given.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const ORIGIN = "https://app.example.com";
let world: TestWorld;
let session: string;
let before: unknown;

beforeAll(async () => {
  world = await testWorld({ environment: { CORS_ALLOWED_ORIGINS: ORIGIN, COMMIT_SHA: COMMIT, ADMIN_USER_IDS: "ada" } });
  session = await givenSession(world);
  before = await tracesOf(world);
});
afterEach(() => expectNothingHappened());
afterAll(() => world.end());

const send = (sent: ExactRequest) => checkedSend(world, session, sent);

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
    "/webhooks/stripe/",
    "/webhooks",
    "/api/v1/webhooks/stripe",
    "/api/v1/users/me/wallet/top-ups/",
    "/.env",
    "/debug/vars",
  ])("that is nobody's, %s, is 404", async (path) => {
    expect(await send({ method: "GET", path })).toMatchObject({ status: 404, json: { code: "not_found" } });
  });

  it.each([
    ["/api/v1/sessions", ["PUT", "PATCH", "DELETE", "TRACE"], ["GET", "POST"]],
    ["/api/v1/sessions/{session}", ["PUT", "POST"], ["DELETE", "GET", "PATCH"]],
    ["/api/v1/sessions/{session}/turns", ["PUT", "PATCH", "DELETE"], ["GET", "POST"]],
    ["/api/v1/sessions/{session}/messages", ["POST", "DELETE", "PATCH"], ["GET"]],
    ["/api/v1/users/me/wallet", ["POST", "PUT", "DELETE", "PROPFIND"], ["GET"]],
    ["/api/v1/users/me/wallet/top-up", ["GET", "PUT", "DELETE"], ["POST"]],
    ["/api/v1/users/me/wallet/top-ups", ["POST", "DELETE"], ["GET"]],
    ["/webhooks/stripe", ["GET", "PUT", "PATCH", "DELETE"], ["POST"]],
    ["/api/v1/auth/me", ["POST"], ["GET"]],
    ["/api/v1/health/admin", ["POST", "DELETE"], ["GET"]],
  ])("%s is 405 for methods that it does not take, and names those that it does", async (path, methods, allowed) => {
    for (const method of methods) {
      const answer = await send({ method, path, headers: { "X-HTTP-Method-Override": "GET" } });
      const named = answer.headers.get("allow")?.split(/, */) ?? [];
      expect([answer.status, answer.json.code]).toEqual([405, "method_not_allowed"]);
      expect(answer.json.detail).toBe(`This address takes ${named.join(", ")}, and not ${method}.`);
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

async function expectNothingHappened(): Promise<void> {
  expect(await tracesOf(world)).toEqual(before);
}
