// A migrated PostgreSQL of its own for a benchmark, in a temporary folder that is gone afterwards.

import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import type { Log } from "@pantheon/core/log.ts";
import { startPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";

export const quiet: Log = { info() {}, warn() {}, error() {}, count() {} };

const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));

/** Runs `bench` on the database's address; `settings` go over the local world's. */
export async function withBenchDatabase(settings: Readonly<Record<string, string>>, bench: (url: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "pantheon-bench-"));
  await chmod(home, 0o755); // under root the server runs as another user, who must be able to enter
  const postgres = await startPostgres({ home, settings, log: quiet });
  try {
    const url = postgres.url("pantheon");
    await migrateToHead({ url, folder: MIGRATIONS, log: quiet });
    await bench(url);
  } finally {
    await postgres.stop();
    await rm(home, { recursive: true, force: true });
  }
}
