// Drift: code, schema or settings that are not what was meant to be live turn stage:verify red, and the row says which and how.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sql } from "kysely";
import { EXPECTED_MIGRATION_HEAD } from "@pantheon/core/db/migration-head.ts";
import { withFront, type Intercept, type Next } from "../support/stage-front.ts";
import { COMMIT, idsOf, OLD_COMMIT, rowOf, runJobs, verifiableWorld, verify } from "../support/stage-verification.ts";
import type { TestWorld } from "../support/world.ts";

const HEALTH = ["turns", "files", "holds", "users", "admin", "stripe-webhook"].map((name) => `health.${name}`);
const OLD = OLD_COMMIT.slice(0, 12);
const NEW = COMMIT.slice(0, 12);

let world: TestWorld;
beforeAll(async () => {
  world = await verifiableWorld();
});
beforeEach(() => runJobs(world));
afterAll(() => world.end());

/** The function `users` as one that sees another database. */
async function otherRevision(request: Request, next: Next): Promise<Response> {
  const answer = await next(request);
  if (!request.url.endsWith("/health/users")) return answer;
  return Response.json({ ...((await answer.json()) as object), revision: "999999" }, { headers: answer.headers });
}

describe("a schema that is not the build's", () => {
  it("is red in each function when old code runs behind a new schema, while money goes on", async () => {
    const ahead = "20991231_9999_from_a_newer_build";
    await world.owner.query.insertInto("migration_checksums").values({ name: ahead, sha256: "0" }).execute();
    try {
      const evidence = await verify(world);
      expect([evidence.ok, idsOf(evidence, "red", "not run")]).toEqual([false, HEALTH]);
      expect(rowOf(evidence, "health.users").seen).toBe(
        `users is behind its database (drift): the database is at ${ahead}, this build was written for ${EXPECTED_MIGRATION_HEAD}`,
      );
    } finally {
      await world.owner.query.deleteFrom("migration_checksums").where("name", "=", ahead).execute();
    }
  });

  it("is red in each function, and in the jobs, when new code runs behind an old schema", async () => {
    const newest = world.owner.query.deleteFrom("migration_checksums").where("name", "=", EXPECTED_MIGRATION_HEAD).returningAll();
    const [removed] = await newest.execute();
    if (removed === undefined) throw new Error("the newest step was not there");
    try {
      const evidence = await verify(world);
      expect([evidence.ok, idsOf(evidence, "red")]).toEqual([false, [...HEALTH, "database.role", "maintenance.sweep"]]);
      expect(rowOf(evidence, "health.admin").seen).toMatch(
        /^admin is ahead of its database \(schema_behind\): the database is at 2026\d+_/,
      );
    } finally {
      await world.owner.query.insertInto("migration_checksums").values(removed).execute();
    }
  });

  it("is red in each function when all agree with each other, but not with what was meant to be deployed", async () => {
    const evidence = await verify(world, { expected: { commit: COMMIT, migrationHead: "20991231_9999_meant_to_be_there" } });
    expect(idsOf(evidence, "red", "not run")).toEqual(HEALTH);
    expect(rowOf(evidence, "health.turns").seen).toContain(`was written for ${EXPECTED_MIGRATION_HEAD}, expected 20991231_9999_meant`);
  });
});

describe("code that is not the build's", () => {
  it.each(["turns", "files", "holds", "users", "admin", "stripe-webhook"] as const)(
    "is red when %s alone is stale, and named",
    async (name) => {
      const stale = { functions: { [name]: { commit: OLD_COMMIT } } };
      const evidence = await withFront(world, stale, (url) => verify(world, { url }));
      expect([evidence.ok, idsOf(evidence, "red", "not run")]).toEqual([false, [`health.${name}`, "drift.commit", "drift.answers"]]);
      expect(rowOf(evidence, `health.${name}`).seen).toBe(`${name} answers ${OLD}, expected ${NEW}`);
      expect(rowOf(evidence, "drift.commit").seen).toContain(`${name}: ${OLD}`);
      expect(rowOf(evidence, "drift.answers").seen).toContain(`${OLD} in GET /api/v1/health/${name}`);

      const compared = await withFront(world, stale, (url) =>
        verify(world, { url, expected: { commit: null, migrationHead: EXPECTED_MIGRATION_HEAD } }),
      );
      expect(idsOf(compared, "red")).toEqual(expect.arrayContaining(["drift.commit", "drift.answers"]));
    },
  );

  it("is red when every function is stale", async () => {
    const all = {
      turns: { commit: OLD_COMMIT },
      files: { commit: OLD_COMMIT },
      holds: { commit: OLD_COMMIT },
      users: { commit: OLD_COMMIT },
      admin: { commit: OLD_COMMIT },
      "stripe-webhook": { commit: OLD_COMMIT },
    };
    const evidence = await withFront(world, { functions: all }, (url) => verify(world, { url }));
    expect(idsOf(evidence, "red", "not run")).toEqual([...HEALTH, "drift.answers"]);
  });

  it("is red when a container from before the deploy gives one answer in the middle", async () => {
    let asked = 0;
    const evidence = await withFront(
      world,
      {
        intercept: async (request, next) => {
          const response = await next(request);
          if (new URL(request.url).pathname.endsWith("/wallet") && (asked += 1) === 3) response.headers.set("Pantheon-Version", OLD_COMMIT);
          return response;
        },
      },
      (url) => verify(world, { url }),
    );
    expect(idsOf(evidence, "red", "not run")).toEqual(["drift.answers"]);
    expect(rowOf(evidence, "drift.answers").seen).toBe(`${OLD} in GET /api/v1/users/me/wallet`);
  });

  it("is red when a route leads to another function, an answer names another build, a function serves another stage or database", async () => {
    const misled = await withFront(
      world,
      { intercept: (request, next) => next(new Request(request.url.replace("health/admin", "health/users"), request)) },
      (url) => verify(world, { url }),
    );
    expect(idsOf(misled, "red")).toEqual(["health.admin"]);
    expect(rowOf(misled, "health.admin").seen).toBe("admin is answered by users");

    const mislabelled = await withFront(
      world,
      {
        intercept: async (request, next) => {
          const answer = await next(request);
          if (request.url.endsWith("/health/users")) answer.headers.set("Pantheon-Version", OLD_COMMIT);
          return answer;
        },
      },
      (url) => verify(world, { url }),
    );
    expect(rowOf(mislabelled, "health.users").seen).toBe(`users says ${OLD} in Pantheon-Version and ${NEW} in its health`);

    const foreign = await withFront(world, { functions: { admin: { stage: "dev" } } }, (url) => verify(world, { url }));
    expect(idsOf(foreign, "red")).toEqual(["drift.stage"]);
    expect(rowOf(foreign, "drift.stage").seen).toBe("turns, files, holds, users, stripe-webhook: local; admin: dev");

    const split = await withFront(world, { intercept: otherRevision }, (url) => verify(world, { url }));
    expect(idsOf(split, "red")).toEqual(["drift.revision"]);
  });

  it("is not red when a price was changed just between two questions", async () => {
    let asked = 0;
    const intercept: Intercept = (request, next) =>
      request.url.endsWith("/health/users") && (asked += 1) === 1 ? otherRevision(request, next) : next(request);
    expect((await withFront(world, { intercept }, (url) => verify(world, { url }))).ok).toBe(true);
    expect(asked).toBe(2);
  });

  it("is red when a stage does not know its commit, whatever is expected", async () => {
    const unknown = { commit: "unknown", stage: "dev" };
    const functions = { turns: unknown, files: unknown, holds: unknown, users: unknown, admin: unknown, "stripe-webhook": unknown };
    const expected = { commit: null, migrationHead: EXPECTED_MIGRATION_HEAD };
    const evidence = await withFront(world, { functions }, (url) => verify(world, { url, expected, skipMaintenance: "its own test" }));
    expect(idsOf(evidence, "red")).toEqual(HEALTH);
    expect(rowOf(evidence, "health.users").seen).toBe("users does not know its commit");
  });
});

describe("the ledger", () => {
  it("is red when an invariant is broken, which is named", async () => {
    const seeded = "11111111-1111-1111-1111-111111111111";
    await sql`update credit_wallets set balance = balance + 1 where user_id = ${seeded}`.execute(world.owner.query);
    try {
      const evidence = await verify(world);
      expect(idsOf(evidence, "red", "not run")).toEqual(["reconciliation"]);
      expect(rowOf(evidence, "reconciliation").seen).toMatch(/^broken_total \d+, balance 1/);
    } finally {
      await sql`update credit_wallets set balance = balance - 1 where user_id = ${seeded}`.execute(world.owner.query);
    }
  });
});
