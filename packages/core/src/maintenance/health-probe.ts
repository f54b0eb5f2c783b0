// What health and drift are read from: how far this database is migrated, the revision of prices and settings, and what the scheduled
// jobs left behind.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import type { DatabaseRole } from "@pantheon/contract/vocabulary.ts";
import { tooMuch } from "../db/connected-role.ts";
import { readMaintenanceRuns, type MaintenanceRun } from "./runs.ts";
import { EXPECTED_MIGRATION_HEAD } from "../db/migration-head.ts";

export type HealthProbe = {
  migrationHead: string | null;
  expectedMigrationHead: string;
  revision: string;
  /** Whether this build connects as who owns the tables, or as anybody else who could change the past. */
  databaseRole: DatabaseRole;
  /** The last run of each scheduled job. */
  maintenance: readonly MaintenanceRun[];
};

/** A database without our tables has no head: it is behind, not broken. So it is asked for them first. */
export async function probeHealth(db: Database): Promise<HealthProbe> {
  const { rows: tables } = await sql<{ settings: boolean; runs: boolean; excess: string[] }>`
    select to_regclass('migration_checksums') is not null and to_regclass('runtime_settings') is not null as settings,
           to_regclass('maintenance_runs') is not null as runs,
           ${tooMuch} as excess`.execute(db.query);
  const databaseRole = tables[0]?.excess.length === 0 ? "application" : "owner";
  if (!tables[0]?.settings) {
    return { migrationHead: null, expectedMigrationHead: EXPECTED_MIGRATION_HEAD, revision: "0", databaseRole, maintenance: [] };
  }
  const row = await db.query
    .selectFrom("runtime_settings")
    .select("revision")
    .select(sql<string | null>`(select max(name collate "C") from migration_checksums)`.as("head")) // by bytes, as the files are ordered
    .executeTakeFirst();
  const maintenance = tables[0].runs ? await readMaintenanceRuns(db) : [];
  return {
    migrationHead: row?.head ?? null,
    expectedMigrationHead: EXPECTED_MIGRATION_HEAD,
    revision: row?.revision ?? "0",
    databaseRole,
    maintenance,
  };
}
