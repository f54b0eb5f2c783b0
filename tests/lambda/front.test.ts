// Every function as its front reaches it: events of the HTTP API and of function URLs, refusals as problem documents, and the build and
// schema that each of them says it is. A function without its configuration says so and nothing else.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "@pantheon/contract/problem.ts";
import * as v from "valibot";
import type { LambdaAnswer } from "../support/lambda-event.ts";
import { COMMIT, lambdaStage, ADMIN, type Lambda, type LambdaStage } from "../support/lambda-stage.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let stage: LambdaStage;
let turns: Lambda;
let webhook: Lambda;

beforeAll(async () => {
  world = await testWorld();
  stage = await lambdaStage(world);
  [turns, webhook] = await Promise.all([stage.lambda("turns"), stage.lambda("stripe-webhook")]);
});
afterAll(async () => {
  await stage.end();
  await world.end();
});

/** A refusal in short, after a look at what each of them must have. */
function refusal({ status, headers, json, requestId }: LambdaAnswer): string {
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("cache-control")).toBe("no-store");
  const { code, request_id } = v.parse(Problem, json);
  expect([request_id, headers.get("x-request-id"), headers.get("pantheon-version")]).toEqual([requestId, requestId, COMMIT]);
  return `${status} ${code}`;
}

describe("the health", () => {
  it.each([
    ["turns", "turns"],
    ["turns-stream", "turns"],
    ["users", "users"],
    ["admin", "admin"],
    ["admin-stream", "admin"],
    ["stripe-webhook", "stripe-webhook"],
  ] as const)("of %s is its own, with stage, build and schema", async (name, answering) => {
    const lambda = await stage.lambda(name);
    const answer = await lambda.call("GET", `/api/v1/health/${answering}`, { user: null, front: name.endsWith("stream") ? "url" : "api" });
    expect(answer).toMatchObject({ status: 200, json: { status: "ok", function: answering, stage: "test", commit: COMMIT } });
    expect(answer.json.migration_head).toBe(answer.json.expected_migration_head);
  });
});

describe.each(["api", "url"] as const)("behind the front %s", (front) => {
  it("an unknown address is 404, a wrong method 405 with what is allowed", async () => {
    expect(refusal(await turns.call("GET", "/api/v1/nothing", { front }))).toBe("404 not_found");
    const wrong = await turns.call("PUT", "/api/v1/sessions", { front, body: {} });
    expect(refusal(wrong)).toBe("405 method_not_allowed");
    expect(wrong.headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "HEAD", "POST"]);
  });

  it.each([false, true])("a body is taken whole or refused, in base64: %s", async (base64) => {
    const post = (raw: string, headers = {}) => turns.call("POST", "/api/v1/sessions", { front, base64, raw, headers });
    expect(await post('{"title":"Grüße 😀"}')).toMatchObject({ status: 201, json: { title: "Grüße 😀" } });
    expect(refusal(await post("{}", { "content-type": "text/plain" }))).toBe("415 unsupported_media_type");
    expect(refusal(await post(JSON.stringify({ title: "a".repeat(300_000) }), { "content-length": "2" }))).toBe("413 payload_too_large");
    expect(refusal(await post("{"))).toBe("400 malformed_request");
    expect(refusal(await post('{"title":1}'))).toBe("422 invalid_request");
  });

  it("nobody gets in without a token, and a webhook without its signature", async () => {
    expect(refusal(await turns.call("GET", "/api/v1/sessions", { front, user: null }))).toBe("401 unauthenticated");
    expect(refusal(await webhook.call("POST", "/webhooks/stripe", { front, user: null, body: {} }))).toBe("400 invalid_signature");
  });
});

describe("a request", () => {
  it("keeps its query, and leaves one line in the log without a token or a body", async () => {
    const admin = await stage.lambda("admin");
    const search = "from_date=2026-11-01&to_date=2026-11-20&bucket=week";
    const answer = await admin.call("GET", "/api/v1/admin/usage/summary", { user: ADMIN, search });
    expect(answer).toMatchObject({ status: 200, json: { from_date: "2026-11-01", to_date: "2026-11-20" } });
    expect((await admin.logs()).filter((line) => line.message === "request")).toEqual([
      expect.objectContaining({ level: "INFO", function: "admin", stage: "test", request_id: answer.requestId, status: 200 }),
    ]);
    expect(JSON.stringify(await admin.logs())).not.toMatch(/Bearer|eyJ/);
  });
});

describe("a function without its configuration", () => {
  const missing = { DATABASE_URL: "", AUTH_ISSUER: "canary: no address", STRIPE_SECRET_KEY: "" };

  it.each(["turns", "admin-stream"] as const)(
    "answers 503 to everything, names the variables in the log and nowhere else: %s",
    async (name) => {
      const lambda = await stage.lambda(name, missing);
      for (const path of ["/api/v1/health", "/api/v1/sessions"]) {
        const answer = await lambda.call("GET", path);
        expect([refusal(answer), answer.headers.get("retry-after")]).toEqual(["503 not_configured", "2"]);
        expect(answer.text).not.toMatch(/AUTH_ISSUER|DATABASE/);
      }
      expect((await lambda.invoke({})).kind).not.toBe("failed");
      const told = (await lambda.logs()).map(({ level, variables }) => [level, variables.split(" ").toSorted().join(" ")]);
      // Its start tells it too, where a start asks the database.
      expect(told).toEqual(Array.from({ length: name.startsWith("turns") ? 4 : 3 }, () => ["ERROR", "AUTH_ISSUER DATABASE_POOL_URL"]));
      expect(JSON.stringify(await lambda.logs())).not.toContain("canary");
      expect(lambda.starts()).toBe(1);
    },
  );

  it("fails scheduled work, so that the schedule knows", async () => {
    const maintenance = await stage.lambda("maintenance", missing);
    expect(await maintenance.invoke({ job: "sweep" })).toMatchObject({ kind: "failed", error: "NotConfigured" });
    expect(JSON.stringify(await maintenance.logs())).not.toContain("canary");
  });
});
