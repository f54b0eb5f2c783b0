// The health of one function: which build it is, and whether the database's schema is the one it was written for (contract section 10).

import type { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import * as v from "valibot";
import type { Config } from "@pantheon/core/config/config.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { AppEnv } from "./app-env.ts";
import { problemResponse } from "../output/problem.ts";
import { noQuery } from "../input/validate.ts";

/** Where the database stands. Migration names sort by time. */
export type HealthProbe = {
  migrationHead: string | null;
  expectedMigrationHead: string;
  revision: string;
  /** The last run of each scheduled job, and the build that ran it: `maintenance` has no address of its own. */
  maintenance: readonly { job: string; commit: string; finished_at: Date; outcome: "done" | "failed" }[];
};

type HealthParts = {
  name: string;
  config: Pick<Config, "stage" | "version" | "commit" | "buildToken">;
  probe: () => Promise<HealthProbe>;
  /** What was found within the last seconds: for whoever anybody may be. */
  recent: () => Promise<HealthProbe>;
};

/** Mounts the health route of a function; `turns` answers for the whole product too. */
export function health(app: Hono<AppEnv>, { name, config, probe, recent }: HealthParts): void {
  const build = { function: name, stage: config.stage, version: config.version, commit: config.commit };
  const paths = name === "turns" ? ["/api/v1/health/turns", "/api/v1/health"] : [`/api/v1/health/${name}`];
  for (const path of paths) {
    app.get(path, describeHealth(name), noQuery, async (c) => {
      const isTold = c.var.seesBuild;
      const { migrationHead, expectedMigrationHead, revision, maintenance } = await reach(
        isTold && config.buildToken !== null ? probe : recent,
        isTold ? build : {},
      );
      const place = { migration_head: migrationHead, expected_migration_head: expectedMigrationHead, revision };
      if (migrationHead === null || migrationHead < expectedMigrationHead) {
        const members = isTold ? { ...build, ...place } : {};
        throw new DomainError("schema_behind", "The database is behind this build.", { retryAfter: RETRY_AFTER_SECONDS, members });
      }
      const status = migrationHead === expectedMigrationHead ? "ok" : "drift";
      if (!isTold) return c.json({ status });
      // A database ahead of the build is how every deploy looks while it runs, so the function goes on.
      const runs = maintenance.map(({ job, commit, finished_at, outcome }) => ({
        job,
        commit,
        finished_at: rfc3339(finished_at),
        outcome,
      }));
      return c.json({ status, ...build, ...place, maintenance: runs });
    });
  }
}

const RETRY_AFTER_SECONDS = 5;

/** Of a stage with a BUILD_TOKEN, whoever does not send it is told the status alone. */
const HealthView = v.strictObject({
  status: v.picklist(["ok", "drift"]),
  function: v.optional(v.string()),
  stage: v.optional(v.string()),
  version: v.optional(v.string()),
  commit: v.optional(v.string()),
  migration_head: v.optional(v.string()),
  expected_migration_head: v.optional(v.string()),
  revision: v.optional(v.string()),
  maintenance: v.optional(
    v.array(v.strictObject({ job: v.string(), commit: v.string(), finished_at: v.string(), outcome: v.picklist(["done", "failed"]) })),
  ),
});

/** The probe's answer; whatever it throws means that the database is away. */
async function reach(probe: () => Promise<HealthProbe>, build: Readonly<Record<string, string>>): Promise<HealthProbe> {
  try {
    return await probe();
  } catch (cause) {
    const extras = { retryAfter: RETRY_AFTER_SECONDS, members: build, cause };
    throw new DomainError("database_unavailable", "The database is not available. Please try again.", extras);
  }
}

function describeHealth(name: string) {
  return describeRoute({
    summary: `Health of the function ${name}`,
    tags: ["health"],
    security: [],
    responses: {
      200: {
        description: "Up; `drift` when the database is ahead of this build",
        content: { "application/json": { schema: resolver(HealthView) } },
      },
      422: problemResponse("A query parameter: there are none"),
      503: problemResponse("The database is away, or behind this build"),
    },
  });
}
