// A container that serves turns knows the prices before its first turn, and one that serves none asks the database nothing when it
// starts. A start never fails for it.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase } from "@pantheon/core/db/database.ts";
import { createCatalogCache } from "@pantheon/core/pricing/catalog.ts";
import { givenSession, runTurn } from "../support/given.ts";
import { lambdaStage, type LambdaStage } from "../support/lambda-stage.ts";
import { quietLog } from "../support/quiet-log.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let stage: LambdaStage;

beforeAll(async () => {
  world = await testWorld();
  stage = await lambdaStage(world);
});
afterAll(async () => {
  await stage.end();
  await world.end();
});

const loads = (logs: Json[]) => logs.filter(({ message }) => message === "catalogue loaded").length;

describe("the first turn", () => {
  it("of a warmed container is two statements, like every other", async () => {
    const before = world.passed.statements;
    await world.deps.catalog.warm();
    expect(world.passed.statements - before).toBe(1);
    await world.deps.catalog.warm(); // it is warm
    expect(world.passed.statements - before).toBe(1);
    const session = await givenSession(world); // asks for the prices too, to know the alias
    const opened = world.passed.statements;
    await runTurn(world, session);
    expect(world.passed.statements - opened).toBe(2);
  });
});

describe("a Lambda", () => {
  it("that serves turns has loaded the prices when its first request comes, and does so once", async () => {
    for (const name of ["turns", "turns-stream"] as const) {
      const turns = await stage.lambda(name);
      expect((await turns.call("GET", "/api/v1/sessions", { front: "url" })).status).toBe(200);
      expect(loads(await turns.logs())).toBe(1);
      const session = await givenSession(world, name);
      const asked = { user: name, front: "url" as const, body: { message: "Hello" } };
      expect((await turns.call("POST", `/api/v1/sessions/${session}/turns`, asked)).status).toBe(201);
      expect(loads(await turns.logs())).toBe(1);
    }
  });

  it("that serves no turns loads none", async () => {
    const users = await stage.lambda("users");
    expect((await users.call("GET", "/api/v1/users/me/wallet")).status).toBe(200);
    expect(loads(await users.logs())).toBe(0);
  });

  it.each([
    ["without its database", { DATABASE_URL: "postgresql://nobody:x@127.0.0.1:9/none" }, 503],
    ["without its configuration", { AUTH_ISSUER: "" }, 503],
  ])("%s starts all the same, and answers", async (_what, environment, status) => {
    const turns = await stage.lambda("turns", environment);
    expect((await turns.call("GET", "/api/v1/sessions")).status).toBe(status);
    expect([turns.starts(), loads(await turns.logs())]).toEqual([1, 0]);
  });
});

describe("warming", () => {
  it("that fails is said and nothing else: the next who asks loads the prices", async () => {
    const log = quietLog();
    const options = { log, clock: Date.now, maxConnections: 1 };
    const away = createDatabase({ ...options, url: "postgresql://nobody:x@127.0.0.1:9/none" });
    const catalog = createCatalogCache(away, new Map(), log);
    await catalog.warm();
    expect(log.lines.map(({ level, message }) => `${level} ${message}`)).toContain("warn The catalogue could not be loaded ahead.");
    await expect(catalog.current()).rejects.toMatchObject({ code: "database_unavailable" });
    await away.close();
  });
});
