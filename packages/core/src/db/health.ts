// What health and drift are read from: how far this database is migrated, and the revision of prices and settings.

import { sql } from "kysely";
import type { Database } from "./database.ts";
import { EXPECTED_MIGRATION_HEAD } from "./migration-head.ts";

export type HealthProbe = { migrationHead: string | null; expectedMigrationHead: string; revision: string };

/** A database without our tables has no head: it is behind, not broken. So it is asked for them first. */
export async function probeHealth(db: Database): Promise<HealthProbe> {
  const { rows: tables } = await sql<{ present: boolean }>`
    select to_regclass('migration_checksums') is not null and to_regclass('runtime_settings') is not null as present`.execute(db.query);
  if (!tables[0]?.present) return { migrationHead: null, expectedMigrationHead: EXPECTED_MIGRATION_HEAD, revision: "0" };
  const row = await db.query
    .selectFrom("runtime_settings")
    .select("revision")
    .select(sql<string | null>`(select max(name collate "C") from migration_checksums)`.as("head")) // by bytes, as the files are ordered
    .executeTakeFirst();
  return { migrationHead: row?.head ?? null, expectedMigrationHead: EXPECTED_MIGRATION_HEAD, revision: row?.revision ?? "0" };
}
