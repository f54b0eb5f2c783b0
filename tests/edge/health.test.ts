// Health: each function says in one request which build it is and whether the database is the one that it was written for.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sql } from "kysely";
import { VERSION } from "@pantheon/core/config/config.ts";
import { createDeps } from "@pantheon/functions/whole.ts";
import { EXPECTED_MIGRATION_HEAD } from "@pantheon/core/db/migration-head.ts";
import { FUNCTION_NAMES } from "@pantheon/functions/functions.ts";
import { completionsApp } from "@pantheon/functions/completions/app.ts";
import { adminApp } from "@pantheon/functions/admin/app.ts";
import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import { filesApp } from "@pantheon/functions/files/app.ts";
import { holdsApp } from "@pantheon/functions/holds/app.ts";
import { turnsApp } from "@pantheon/functions/turns/app.ts";
import { usersApp } from "@pantheon/functions/users/app.ts";
import { givenPrice, givenSession, runTurn } from "../support/given.ts";
import { quietLog } from "../support/quiet-log.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const APPS = {
  turns: turnsApp,
  files: filesApp,
  holds: holdsApp,
  users: usersApp,
  admin: adminApp,
  completions: completionsApp,
  "stripe-webhook": stripeWebhookApp,
} as const;
const COMMIT = "0123abcd";
const BUILD = { stage: "local", version: VERSION, commit: COMMIT };

let world: TestWorld;

beforeAll(async () => {
  world = await testWorld({ environment: { COMMIT_SHA: COMMIT } });
});

afterAll(() => world.end());

const health = (name: string) => world.call("GET", `/api/v1/health/${name}`, { user: null });

describe("the health of each function", () => {
  it.each(FUNCTION_NAMES)("%s is answered by itself, without a token, with every figure", async (name) => {
    const { status, json, headers } = await health(name);
    const place = { migration_head: EXPECTED_MIGRATION_HEAD, expected_migration_head: EXPECTED_MIGRATION_HEAD, revision: json.revision };
    expect([status, json]).toEqual([
      200,
      { status: "ok", function: name, ...BUILD, ...place, database_role: "application", maintenance: [] },
    ]);
    expect(json.revision).toMatch(/^[1-9]\d*$/);
    expect([headers.get("pantheon-version"), headers.get("cache-control")]).toEqual([COMMIT, "no-store"]);
  });

  it("says it when a function connects as who could change what was booked", async () => {
    const deps = createDeps({
      config: { ...world.config, databaseUrl: world.ownerUrl },
      log: quietLog(),
      clock: Date.now,
      maxConnections: 1,
    });
    const answer = await usersApp(deps).request("/api/v1/health/users");
    await deps.db.close();
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ status: "ok", database_role: "owner" })]);
  });

  it("is that of turns when no function is named, and nobody's for an unknown name", async () => {
    const { json } = await world.call("GET", "/api/v1/health", { user: null });
    expect(json).toEqual((await health("turns")).json);
    expect((await health("nobody")).status).toBe(404);
  });

  it("shows the revision that binds the next turn", async () => {
    const before = BigInt((await health("users")).json.revision);
    await givenPrice(world, "deepseek", "0.6");
    expect(BigInt((await health("users")).json.revision)).toBeGreaterThan(before);
  });

  it("takes any token or none: it is nobody's business who asks", async () => {
    const answer = await world.call("GET", "/api/v1/health/users", { user: null, headers: { Authorization: "Bearer nonsense" } });
    expect(answer.status).toBe(200);
  });
});

describe("a schema that is not the build's", () => {
  it("is 503 schema_behind with the whole place while the newest step is missing", async () => {
    const newest = world.owner.query.deleteFrom("migration_checksums").where("name", "=", EXPECTED_MIGRATION_HEAD).returningAll();
    const [removed] = await newest.execute();
    if (removed === undefined) throw new Error("the newest step was not there");
    try {
      for (const name of FUNCTION_NAMES) {
        const { status, json, headers } = await health(name);
        expect([status, headers.get("retry-after"), headers.get("content-type")]).toEqual([503, "5", "application/problem+json"]);
        expect(json).toMatchObject({ code: "schema_behind", function: name, ...BUILD, expected_migration_head: EXPECTED_MIGRATION_HEAD });
        expect(json.migration_head < EXPECTED_MIGRATION_HEAD).toBe(true);
      }
    } finally {
      await world.owner.query.insertInto("migration_checksums").values(removed).execute();
    }
    expect((await health("turns")).status).toBe(200);
  });

  it("is 200 drift when it is ahead, and money goes on moving", async () => {
    const ahead = "20991231_9999_from_a_newer_build";
    await world.owner.query.insertInto("migration_checksums").values({ name: ahead, sha256: "0" }).execute();
    try {
      for (const name of FUNCTION_NAMES) {
        const { status, json } = await health(name);
        expect([status, json]).toEqual([
          200,
          expect.objectContaining({ status: "drift", migration_head: ahead, expected_migration_head: EXPECTED_MIGRATION_HEAD }),
        ]);
      }
      expect((await runTurn(world, await givenSession(world))).status).toBe(201);
    } finally {
      await world.owner.query.deleteFrom("migration_checksums").where("name", "=", ahead).execute();
    }
  });

  it("is behind, and not broken, when it has no table at all", async () => {
    const away = sql`alter table migration_checksums rename to migration_checksums_away`;
    const back = sql`alter table migration_checksums_away rename to migration_checksums`;
    await away.execute(world.owner.query);
    try {
      const { status, json } = await health("admin");
      expect([status, json]).toEqual([503, expect.objectContaining({ code: "schema_behind", migration_head: null, revision: "0" })]);
    } finally {
      await back.execute(world.owner.query);
    }
  });
});

describe("a database that is away", () => {
  const address = "postgres://canary-user:canary-password@127.0.0.1:9/canary";

  it.each(FUNCTION_NAMES)("is 503 of %s, with Retry-After, the build, and nothing about where it was looked for", async (name) => {
    const log = quietLog();
    const deps = createDeps({ config: { ...world.config, databaseUrl: address }, log, clock: Date.now, maxConnections: 1 });
    const answer = await APPS[name](deps).request(`/api/v1/health/${name}`);
    const text = await answer.text();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(JSON.parse(text)).toMatchObject({ code: "database_unavailable", function: name, ...BUILD });
    expect(`${text} ${JSON.stringify(log.lines)}`).not.toMatch(/canary|127\.0\.0\.1|ECONNREFUSED/);
    await deps.db.close();
  });
});
