// One real PostgreSQL a run, in a temporary folder, with one migrated database that every test database is copied from.

import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import type { Log } from "@pantheon/core/log.ts";
import { applicationUrl } from "@pantheon/local/application-url.ts";
import { startPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    postgres: {
      /** A database that always exists: where others are created and dropped from. */
      adminUrl: string;
      /** The same database as the application connects, which is the same for every database of this server. */
      applicationUrl: string;
      /** The migrated database that fresh ones are copied from. Nobody connects to it. */
      template: string;
    };
  }
}

const SETTINGS = {
  fsync: "off", // the cluster does not outlive the run; synchronous_commit stays on, as in production
  max_connections: "300",
  deadlock_timeout: "200ms",
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), "pantheon-test-"));
  await chmod(home, 0o755); // under root the server runs as another user, who must be able to enter
  const server = await startPostgres({ home, settings: SETTINGS, log: onlyTrouble });
  await migrateToHead({
    url: server.url("pantheon"),
    folder: fileURLToPath(new URL("../../migrations", import.meta.url)),
    log: onlyTrouble,
  });
  const adminUrl = server.url("postgres"); // nobody may be connected to the template
  project.provide("postgres", { adminUrl, applicationUrl: await applicationUrl(adminUrl, { log: onlyTrouble }), template: "pantheon" });
  return async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  };
}

const onlyTrouble: Log = {
  info() {},
  warn: (message) => process.stderr.write(`${message}\n`),
  error: (message) => process.stderr.write(`${message}\n`),
  count() {},
};
