// What the application may change of a row: the columns that its statements write, and no other. PostgreSQL itself is asked, statement by
// statement, which of them it needs.

import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Prepared } from "@pantheon/core/db/prepared.ts";
import { projectFiles } from "../support/project-files.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

/** Columns that no prepared statement writes, but a trigger, or a query that is built where it is asked. */
const BUILT: Readonly<Record<string, readonly string[]>> = {
  maintenance_runs: ["job", "commit", "began_at", "finished_at", "outcome", "counts", "progress"],
  reversals: ["tried_at"],
  runtime_settings: ["revision", "admin_actions"],
  session_usage: ["prompt_bytes"],
  top_ups: ["tried_at", "stripe_attempt"],
};

type Column = { table: string; column: string };

let database: TestDatabase;
let owner: Client;
let application: Client;
beforeAll(async () => {
  database = await freshDatabase();
  owner = new Client({ connectionString: database.url });
  application = new Client({ connectionString: database.applicationUrl });
  await Promise.all([owner.connect(), application.connect()]);
});
afterAll(async () => {
  await Promise.all([owner.end(), application.end()]);
  await database.drop();
});

/** Every column of every table that may be changed at all, and whether it itself may be. */
async function columns(mayChange: boolean): Promise<Column[]> {
  const { rows } = await owner.query<Column>(
    `select relname as table, attname as column
       from pg_class join pg_attribute on attrelid = pg_class.oid
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
        and has_any_column_privilege('pantheon_app', pg_class.oid, 'UPDATE')
        and has_column_privilege('pantheon_app', pg_class.oid, attnum, 'UPDATE') = $1
      order by relname, attnum`,
    [mayChange],
  );
  return rows;
}

/** The texts of all prepared statements of the product. */
async function statements(): Promise<string[]> {
  const files = await projectFiles("packages/core/src/*/statements/*.ts");
  const modules = await Promise.all(
    files.map(({ path }) => import(/* @vite-ignore */ new URL(`../../${path}`, import.meta.url).href) as Promise<Record<string, unknown>>),
  );
  const found = modules.flatMap((module) => Object.values(module).filter((value) => isPrepared(value)));
  return [...new Set(found.map(({ text }) => text))];
}

function isPrepared(value: unknown): value is Prepared<object, unknown> {
  return typeof value === "object" && value !== null && "text" in value && "values" in value;
}

/** Whether the application may run this, as PostgreSQL says it before it runs anything. */
async function isAllowed(text: string): Promise<boolean> {
  await owner.query("savepoint one; set local role pantheon_app");
  const refused = await owner.query(`explain (generic_plan) ${text}`).then(
    () => null,
    (error: { code?: string }) => error,
  );
  await owner.query("rollback to savepoint one; release savepoint one");
  if (refused !== null && refused.code !== "42501") throw refused;
  return refused === null;
}

describe("a column of a row", () => {
  it("is refused when no statement writes it, and the row stays as it is", async () => {
    const refused = await columns(false);
    expect(refused.length).toBeGreaterThan(40);
    for (const { table, column } of refused) {
      await expect(application.query(`update ${table} set ${column} = ${column}`), `${table}.${column}`).rejects.toMatchObject({
        code: "42501",
      });
    }
  });

  it("may be changed when a statement writes it, and only then", async () => {
    const texts = await statements();
    expect(texts.length).toBeGreaterThan(50);
    await owner.query("begin");
    const refused: string[] = [];
    for (const text of texts) if (!(await isAllowed(text))) refused.push(text);
    expect(refused).toEqual([]);
    const unneeded: string[] = [];
    for (const { table, column } of await columns(true)) {
      if (BUILT[table]?.includes(column)) continue;
      await owner.query(`savepoint without; revoke update (${column}) on ${table} from pantheon_app`);
      const touching = texts.filter((text) => text.includes(table) && text.includes(column));
      let isNeeded = false;
      for (const text of touching) isNeeded ||= !(await isAllowed(text));
      if (!isNeeded) unneeded.push(`${table}.${column}`);
      await owner.query("rollback to savepoint without; release savepoint without");
    }
    await owner.query("rollback");
    expect(unneeded).toEqual([]);
  });

  it("is never granted with all others of its row", async () => {
    const { rows } = await owner.query(
      `select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and has_table_privilege('pantheon_app', oid, 'UPDATE')`,
    );
    expect(rows).toEqual([]);
  });
});
