// The admins' export as it is deployed: longer than Lambda lets a buffered answer be, whole through the streaming URL, and seen to be
// broken when it broke.

import { afterAll, beforeAll, expect, it } from "vitest";
import { cuttingProxy } from "../support/cutting-proxy.ts";
import { urlEvent } from "../support/lambda-event.ts";
import { lambdaStage, ADMIN, type LambdaStage } from "../support/lambda-stage.ts";
import { seedEvents, seedLedger, spreadCalls } from "../support/seed-usage.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const PATH = "/api/v1/admin/usage/export.csv";
const EVENTS = 24_000;
const LIMIT = 6 * 1_024 * 1_024;
const TIME = { timeoutMs: 60_000 };
const AS_ADMIN = { user: ADMIN, front: "url", ...TIME } as const;

let world: TestWorld;
let stage: LambdaStage;

beforeAll(async () => {
  world = await testWorld();
  stage = await lambdaStage(world);
  const { query } = world.owner;
  await seedEvents(query, spreadCalls({ first: 1, count: EVENTS, users: 50, days: 30, day: "2026-10-01", aliases: ["default", "gpt-4o"] }));
  await seedLedger(query);
});
afterAll(async () => {
  await stage.end();
  await world.end();
});

it("every event arrives, above the limit of an answer that is not streamed", async () => {
  const streaming = await stage.lambda("admin-stream");
  const file = await streaming.call("GET", PATH, AS_ADMIN);
  expect([file.status, file.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
  expect(file.headers.get("content-disposition")).toBe('attachment; filename="usage.csv"');
  expect(file.bytes.length).toBeGreaterThan(LIMIT);
  const ids = file.text
    .split("\r\n")
    .slice(1, -1)
    .map((line) => line.split(",", 1)[0]);
  expect([ids.length, new Set(ids).size]).toEqual([EVENTS, EVENTS]);

  const buffered = await stage.lambda("admin");
  const event = urlEvent({ path: PATH, headers: { authorization: `Bearer ${await world.issuer.token({ user: ADMIN })}` } });
  expect(await buffered.invoke(event, TIME)).toMatchObject({ kind: "failed", error: "Function.ResponseSizeTooLarge" });
});

it("nobody but an admin gets any of it", async () => {
  const streaming = await stage.lambda("admin-stream");
  expect(await streaming.call("GET", PATH, { front: "url" })).toMatchObject({ status: 403, json: { code: "forbidden" } });
  expect(await streaming.call("GET", PATH, { front: "url", user: null })).toMatchObject({ status: 401, json: { code: "unauthenticated" } });
});

it("one that breaks in the middle has no end, and the container serves the next", async () => {
  const proxy = await cuttingProxy(world.databaseUrl);
  const streaming = await stage.lambda("admin-stream", { DATABASE_URL: proxy.url });
  const authorization = `Bearer ${await world.issuer.token({ user: ADMIN })}`;
  const read = () => proxy.away(true);
  const broken = await streaming.invoke(urlEvent({ path: PATH, headers: { authorization } }), { read, ...TIME });
  expect(broken).toMatchObject({ kind: "streamed", head: { statusCode: 200 }, error: "BrokenAnswer" });
  expect(await streaming.logs()).toContainEqual(expect.objectContaining({ level: "ERROR", message: "An answer broke off." }));
  proxy.away(false);
  expect((await streaming.call("GET", PATH, AS_ADMIN)).bytes.length).toBeGreaterThan(LIMIT);
  expect(streaming.starts()).toBe(1);
  await streaming.end();
  await proxy.close();
});
