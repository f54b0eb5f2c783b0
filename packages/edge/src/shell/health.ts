// The health of one function: which build it is, and whether the database's schema is the one it was written for (contract section 10).

import type { Hono } from "hono";
import type { Config } from "@pantheon/core/config/config.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { Health } from "@pantheon/contract/health.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { DatabaseRole, JobName, JobOutcome } from "@pantheon/contract/vocabulary.ts";
import type { AppEnv } from "./app-env.ts";
import { describe } from "../output/describe.ts";
import { noQuery } from "../input/validate.ts";

/** Where the database stands. Migration names sort by time. */
export type HealthProbe = {
  migrationHead: string | null;
  expectedMigrationHead: string;
  revision: string;
  databaseRole: DatabaseRole;
  /** The last run of each scheduled job, and the build that ran it: `maintenance` has no address of its own. */
  maintenance: readonly { job: JobName; commit: string; finished_at: Date; outcome: JobOutcome }[];
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
  const own = { path: `/api/v1/health/${name}`, id: `read${pascalCase(name)}Health` };
  const paths = name === "turns" ? [own, { path: "/api/v1/health", id: "readHealth" }] : [own];
  for (const { path, id } of paths) {
    app.get(path, describeHealth(id, name), noQuery, async (c) => {
      const isTold = c.var.seesBuild;
      const { migrationHead, expectedMigrationHead, revision, databaseRole, maintenance } = await reach(
        isTold && config.buildToken !== null ? probe : recent,
        isTold ? build : {},
      );
      const place = { migration_head: migrationHead, expected_migration_head: expectedMigrationHead, revision };
      if (migrationHead === null || migrationHead < expectedMigrationHead) {
        const members = isTold ? { ...build, ...place } : {};
        throw new DomainError("schema_behind", "The database is behind this build.", { retryAfter: RETRY_AFTER_SECONDS, members });
      }
      const status = migrationHead === expectedMigrationHead ? "ok" : "drift";
      if (!isTold) return c.var.respond({ status });
      // A database ahead of the build is how every deploy looks while it runs, so the function goes on.
      const runs = maintenance.map(({ job, commit, finished_at, outcome }) => ({
        job,
        commit,
        finished_at: rfc3339(finished_at),
        outcome,
      }));
      return c.var.respond({ status, ...build, ...place, migration_head: migrationHead, database_role: databaseRole, maintenance: runs });
    });
  }
}

const RETRY_AFTER_SECONDS = 5;

function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

/** What the probe found; whatever it throws means that the database is away. */
async function reach(probe: () => Promise<HealthProbe>, build: Readonly<Record<string, string>>): Promise<HealthProbe> {
  try {
    return await probe();
  } catch (cause) {
    const extras = { retryAfter: RETRY_AFTER_SECONDS, members: build, cause };
    throw new DomainError("database_unavailable", "The database is not available. Please try again.", extras);
  }
}

function describeHealth(id: string, name: string) {
  return describe({
    id,
    summary: `Health of the function ${name}`,
    description: "Without a token. `drift` (200) when the database is ahead of this build, as it is while a deploy runs.",
    tag: "health",
    open: true,
    responds: [200, Health],
    refusals: { 422: "A query parameter: there are none", 503: "The database is away, or behind this build" },
  });
}
