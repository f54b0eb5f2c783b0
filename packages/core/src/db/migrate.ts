// Brings a database to the head of a migrations folder, forward only. Owns the order of the steps, their checksums and the lock
// between runners; what a step does is its file's business.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Kysely, PostgresDialect, sql } from "kysely";
import { type Migration, type MigrationProvider, Migrator } from "kysely/migration";
import { Pool } from "pg";
import { securedDatabaseUrl } from "../config/database-url.ts";
import type { Log } from "../log.ts";
import type { Schema } from "./schema/schema.ts";

type Options = {
  /** The direct address of the server. */
  url: string;
  /** The folder with one `<name>.ts` per step. */
  folder: string;
  log: Log;
};

export type Migrated = {
  /** The steps that this call applied, in order. */
  applied: string[];
  /** The newest step, applied now or earlier. */
  head: string;
};

/** The folder does not continue what the database has: a file is edited, missing, out of order or no migration. The message is one line. */
export class MigrationRefused extends Error {
  override readonly name = "MigrationRefused";
}

/**
 * Applies every step that the database does not have yet, all of them in one database transaction, and says which.
 * Two runners are safe: the second waits and finds nothing to do. Before anything runs, the files of the steps already applied are
 * compared with what was applied (names, order, sha256 of the text with `\n` line ends): a difference throws MigrationRefused.
 *
 * Never over a pooler: the lock lives in the session, and a pooler hands a session's statements to whatever connection is free.
 */
export async function migrateToHead({ url, folder, log }: Options): Promise<Migrated> {
  const pool = new Pool({ connectionString: securedDatabaseUrl(url), max: 1, connectionTimeoutMillis: 10_000 });
  pool.on("error", () => log.warn("the migration's idle connection broke"));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    const files = await readFiles(folder);
    return await db.connection().execute(async (session) => {
      await lock(session);
      return applyAll(session, files, log);
    });
  } finally {
    await db.destroy();
  }
}

type StepFile = { name: string; path: string; sha256: string };

async function readFiles(folder: string): Promise<StepFile[]> {
  const fileNames = (await readdir(folder)).filter((file) => file.endsWith(".ts")).sort();
  if (fileNames.length === 0) throw new MigrationRefused(`no migrations in ${folder}`);
  return Promise.all(
    fileNames.map(async (file) => {
      const path = join(folder, file);
      const text = (await readFile(path, "utf8")).replaceAll("\r\n", "\n");
      return { name: file.slice(0, -".ts".length), path, sha256: createHash("sha256").update(text).digest("hex") };
    }),
  );
}

/**
 * Kysely locks too, but only after it has looked; the checksums must be read under the lock that the steps are applied under.
 * The lock ends with the session. A step waits no longer than `lock_timeout` for a table, so that traffic never queues up behind it:
 * it fails whole, and is run again.
 */
async function lock(session: Kysely<Schema>): Promise<void> {
  await sql`select pg_advisory_lock(hashtextextended('migration_checksums', 0))`.execute(session);
  await sql`set lock_timeout = '5s'`.execute(session);
}

async function applyAll(session: Kysely<Schema>, files: StepFile[], log: Log): Promise<Migrated> {
  await sql`
    create table if not exists migration_checksums (name text primary key, sha256 text not null, applied_at timestamptz not null default now())
  `.execute(session);
  refuseChangedPast(files, await readApplied(session));

  const migrator = new Migrator({ db: session, provider: providerOf(files) });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results.find((result) => result.status === "Error")?.migrationName;
    log.error("migration failed, nothing was applied", { migration: failed });
    throw error;
  }
  const applied = results.map((result) => result.migrationName);
  for (const migration of applied) log.info("migration applied", { migration });
  return { applied, head: files.at(-1)?.name ?? "" };
}

type Applied = { name: string; sha256: string };

function readApplied(session: Kysely<Schema>): Promise<Applied[]> {
  // By code point, as the files are sorted, whatever the database's own collation is.
  return session
    .selectFrom("migration_checksums")
    .select(["name", "sha256"])
    .orderBy(sql`name collate "C"`)
    .execute();
}

/** What was applied must be the beginning of the folder, byte for byte. */
function refuseChangedPast(files: StepFile[], applied: Applied[]): void {
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const { name, sha256 } of applied) {
    const file = byName.get(name);
    if (file === undefined) throw new MigrationRefused(`migration ${name} was applied, but its file is missing`);
    if (file.sha256 !== sha256) throw new MigrationRefused(`migration ${name} was edited after it was applied`);
  }
  const known = new Set(applied.map((step) => step.name));
  const late = files.slice(0, applied.length).find((file) => !known.has(file.name));
  if (late) throw new MigrationRefused(`migration ${late.name} sorts before one that was already applied`);
}

function providerOf(files: StepFile[]): MigrationProvider {
  return {
    async getMigrations() {
      const steps = await Promise.all(files.map(async (file) => [file.name, await load(file)] as const));
      return Object.fromEntries(steps);
    },
  };
}

/** The step, with its checksum written in the same database transaction. */
async function load(file: StepFile): Promise<Migration> {
  const step: unknown = await import(pathToFileURL(file.path).href);
  if (!isStep(step)) throw new MigrationRefused(`migration ${file.name} exports no function up`);
  return {
    async up(db: Kysely<Schema>) {
      await step.up(db);
      await db.insertInto("migration_checksums").values({ name: file.name, sha256: file.sha256 }).execute();
    },
  };
}

function isStep(module: unknown): module is { up: (db: Kysely<Schema>) => Promise<void> } {
  return typeof module === "object" && module !== null && "up" in module && typeof module.up === "function";
}
