// Migrations: forward only, safe to run again, by two runners and after a kill; an edited, missing or reordered file is refused.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { migrateToHead, MigrationRefused, type Migrated } from "@pantheon/core/db/migrate.ts";
import { EXPECTED_MIGRATION_HEAD } from "@pantheon/core/db/migration-head.ts";
import { Client } from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { emptyDatabase, freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { dumpSchema } from "../support/schema-dump.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(PROJECT, "migrations");
const LOCKED = [
  "20260221_0002_core_schema",
  "20260221_0003_llm_call_events",
  "20260222_0007_create_tool_call_events",
  "20260222_0009_create_uploaded_files",
  "20260222_0010_create_pricing_tables",
  "20260222_0011_create_credit_tables",
  "20260222_0012_add_initiated_by_to_credit_transactions",
];

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

test("the locked names come first, in their order, and the head is the one this build expects", async () => {
  const names = (await readdir(FOLDER)).map((file) => file.replace(/\.ts$/, "")).sort();
  expect(names.slice(0, LOCKED.length)).toEqual(LOCKED);
  expect(names.at(LOCKED.length)).toBe("20261120_0019_turn_money");
  expect(names.at(-1)).toBe(EXPECTED_MIGRATION_HEAD);
});

test("a second run changes nothing", async () => {
  const { url } = await given(emptyDatabase());
  const first = await migrate(url);
  const before = await dumpSchema(url);
  expect(first.applied.slice(0, LOCKED.length)).toEqual(LOCKED);
  expect(await migrate(url)).toEqual({ applied: [], head: EXPECTED_MIGRATION_HEAD });
  expect(await dumpSchema(url)).toEqual(before);
});

test("of runners at once one applies every step and the others find nothing to do", async () => {
  const { url } = await given(emptyDatabase());
  const runs = await Promise.all(Array.from({ length: 4 }, () => migrate(url)));
  expect(runs.map((run) => run.applied.length).sort((a, b) => b - a)).toEqual([(await readdir(FOLDER)).length, 0, 0, 0]);
  expect(await dumpSchema(url)).toEqual(await headSchema());
});

test("a runner killed at any step leaves nothing, and the next one reaches the same schema", async () => {
  const names = (await readdir(FOLDER)).sort();
  for (const position of [0, 6, 8, names.length - 1]) {
    const { url } = await given(emptyDatabase());
    const folder = await copyOfFolder();
    await writeFile(join(folder, (names[position] ?? "").replace(".ts", "_and_wait.ts")), step("select pg_sleep(60)"));
    const orphan = await killWhileWaiting(url, folder);
    const rerun = migrate(url); // waits for the lock that the dead runner's connection still holds
    await terminate(url, orphan);
    expect((await rerun).head).toBe(EXPECTED_MIGRATION_HEAD);
    expect(await dumpSchema(url)).toEqual(await headSchema());
  }
});

test("a step that fails takes every step of its run with it", async () => {
  const { url } = await given(freshDatabase());
  const folder = await copyOfFolder();
  await writeFile(join(folder, "20990101_0001_good.ts"), step("create table good (id int)"));
  await writeFile(join(folder, "20990101_0002_bad.ts"), step("create table good (id int)"));
  await expect(migrate(url, folder)).rejects.toThrow('relation "good" already exists');
  expect(await dumpSchema(url)).toEqual(await headSchema());
});

describe("a folder that does not continue what was applied is refused before anything runs", () => {
  const someFile = "20260222_0010_create_pricing_tables";
  const cases: [what: string, change: (folder: string) => Promise<unknown>, message: string][] = [
    [
      "an edited byte",
      (folder) => edit(folder, someFile, (text) => text.replace("0.8", "0.9")),
      `migration ${someFile} was edited after it was applied`,
    ],
    ["a removed file", (folder) => rm(join(folder, `${someFile}.ts`)), `migration ${someFile} was applied, but its file is missing`],
    [
      "a removed head",
      (folder) => rm(join(folder, `${EXPECTED_MIGRATION_HEAD}.ts`)),
      `migration ${EXPECTED_MIGRATION_HEAD} was applied, but its file is missing`,
    ],
    [
      "a renamed file",
      (folder) => rename(join(folder, `${someFile}.ts`), join(folder, "20260222_0009_aa.ts")),
      `migration ${someFile} was applied, but its file is missing`,
    ],
    ["two files swapped", (folder) => swap(folder, LOCKED[0] ?? "", someFile), `migration ${LOCKED[0]} was edited after it was applied`],
    [
      "a file before the head",
      (folder) => writeFile(join(folder, "20261120_0022_between.ts"), step("create table between_ (id int)")),
      "migration 20261120_0022_between sorts before one that was already applied",
    ],
    [
      "a file before all",
      (folder) => writeFile(join(folder, "2020_first.ts"), step("select 1")),
      "migration 2020_first sorts before one that was already applied",
    ],
  ];
  test.each(cases)("%s", async (_what, change, message) => {
    const { url } = await given(freshDatabase());
    const folder = await copyOfFolder();
    await change(folder);
    await writeFile(join(folder, "20990101_0001_new.ts"), step("create table new_table (id int)"));
    const refusal = await migrate(url, folder).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MigrationRefused);
    expect(refusal).toHaveProperty("message", message);
    expect(await dumpSchema(url)).toEqual(await headSchema());
  });
});

test("other line ends are no edit", async () => {
  const { url } = await given(freshDatabase());
  const folder = await copyOfFolder();
  await edit(folder, LOCKED[0] ?? "", (text) => text.replaceAll("\n", "\r\n"));
  expect((await migrate(url, folder)).applied).toEqual([]);
});

test("the first pricing version and the beta grant are there, exactly", async () => {
  const { url } = await given(freshDatabase());
  await withClient(url, async (client) => {
    const rows = async (text: string) => (await client.query({ text, rowMode: "array" })).rows;
    expect(
      await rows(
        "select version, effective_date::text, is_active, weight_fresh, weight_cached, weight_output, oe_per_credit from pricing_versions",
      ),
    ).toEqual([["2026-02-20", "2026-02-20", true, "0.3500", "0.1000", "1.0000", "10000.0000"]]);
    expect(await rows("select pricing_version, model_alias, multiplier from model_pricing order by model_alias")).toEqual([
      ["2026-02-20", "claude-haiku", "0.8000"],
      ["2026-02-20", "claude-sonnet", "1.5000"],
      ["2026-02-20", "deepseek", "0.5000"],
      ["2026-02-20", "default", "1.0000"],
      ["2026-02-20", "gemini-flash", "0.8000"],
      ["2026-02-20", "gemini-pro", "1.2000"],
      ["2026-02-20", "gpt-4o", "2.0000"],
      ["2026-02-20", "gpt-4o-mini", "1.0000"],
    ]);
    const beta = "11111111-1111-1111-1111-111111111111";
    expect(await rows("select user_id, balance, held, seq from credit_wallets")).toEqual([[beta, "100.00000000", "0.00000000", "1"]]);
    expect(
      await rows("select user_id, seq, kind, source, amount, balance_after, reference_id, initiated_by from credit_transactions"),
    ).toEqual([[beta, "1", "grant", "seed", "100.00000000", "100.00000000", "seed:beta", null]]);
    expect(await rows("select one, revision, enforcement_override from runtime_settings")).toEqual([[true, "1", null]]);
  });
});

function migrate(url: string, folder = FOLDER): Promise<Migrated> {
  return migrateToHead({ url, folder, log: { info() {}, warn() {}, error() {}, count() {} } });
}

async function given(database: Promise<TestDatabase>): Promise<TestDatabase> {
  const made = await database;
  cleanups.push(() => made.drop());
  return made;
}

async function headSchema(): Promise<string[]> {
  const { url } = await given(freshDatabase());
  return dumpSchema(url);
}

/** A folder that can be changed, from which `kysely` is found as from the project. */
async function copyOfFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), "pantheon-migrations-"));
  cleanups.push(() => rm(parent, { recursive: true }));
  const folder = join(parent, "migrations");
  await mkdir(folder);
  await symlink(join(PROJECT, "node_modules"), join(parent, "node_modules"));
  await Promise.all((await readdir(FOLDER)).map((file) => copyFile(join(FOLDER, file), join(folder, file))));
  return folder;
}

function step(statement: string): string {
  return `import { sql } from "kysely";\nexport const up = (db) => sql\`${statement}\`.execute(db);\n`;
}

async function edit(folder: string, name: string, change: (text: string) => string): Promise<void> {
  const file = join(folder, `${name}.ts`);
  const text = await readFile(file, "utf8");
  expect(change(text)).not.toBe(text);
  await writeFile(file, change(text));
}

async function swap(folder: string, one: string, other: string): Promise<void> {
  await rename(join(folder, `${one}.ts`), join(folder, "swap"));
  await rename(join(folder, `${other}.ts`), join(folder, `${one}.ts`));
  await rename(join(folder, "swap"), join(folder, `${other}.ts`));
}

/** Runs the migrations in a process of their own, kills it in its waiting step, and returns the server process it leaves behind. */
async function killWhileWaiting(url: string, folder: string): Promise<number> {
  const code = `
    import { migrateToHead } from "@pantheon/core/db/migrate.ts";
    const nothing = () => {};
    await migrateToHead({ url: ${JSON.stringify(url)}, folder: ${JSON.stringify(folder)}, log: { info: nothing, warn: nothing, error: nothing, count: nothing } });`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", code], { cwd: PROJECT, stdio: "inherit" });
  const ended = once(child, "exit");
  try {
    return await withClient(url, async (client) => {
      for (;;) {
        expect(child.exitCode).toBeNull();
        const { rows } = await client.query(
          "select pid from pg_stat_activity where datname = current_database() and query ~ 'pg_sleep' and pid <> pg_backend_pid()",
        );
        if (rows.length > 0) return rows[0].pid;
        await wait(20);
      }
    });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

function terminate(url: string, pid: number): Promise<unknown> {
  return withClient(url, (client) => client.query("select pg_terminate_backend($1)", [pid]));
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
