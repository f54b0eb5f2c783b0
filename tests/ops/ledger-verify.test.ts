// `npm run ledger:verify` as an admin runs it: a child process on a database of its own.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

const COMMAND = fileURLToPath(new URL("../../packages/ops/src/ledger-verify.ts", import.meta.url));

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

function verify(url: string, more: { args?: string[]; env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...(more.args ?? [])], {
    encoding: "utf8",
    env: { DATABASE_URL: url, NO_COLOR: "1", ...more.env },
  });
  return { status, lines: stdout.split("\n"), stderr };
}

const lineOf = (lines: string[], text: string) => lines.find((line) => line.includes(text)) ?? "";

test("a whole ledger has a tick and a zero in every line; a cluster that does not sync to disk is named, and the exit is 1", () => {
  const { status, lines } = verify(database.applicationUrl);
  const ledger = lines.filter((line) => /│ [✓✗] │/.test(line) && !line.includes(" = "));
  expect(ledger.length).toBeGreaterThanOrEqual(13);
  expect(ledger.every((line) => line.includes("✓") && / 0 +│$/.test(line))).toBe(true);
  expect(lines.filter((line) => Array.from(line).length > 100)).toEqual([]);
  expect(lineOf(lines, "fsync = off")).toContain("✗"); // the tests' own cluster
  expect(lineOf(lines, "synchronous_commit = on")).toContain("✓");
  expect(status).toBe(1);
});

test("the table shrinks to 80 columns", () => {
  const { lines } = verify(database.applicationUrl, { env: { COLUMNS: "80" } });
  expect(lines.filter((line) => Array.from(line).length > 80)).toEqual([]);
  expect(lineOf(lines, "fsync = off")).toContain("✗");
});

test("a wallet whose balance was changed by hand is counted under its promise, and named", async () => {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query("update credit_wallets set balance = balance + 1");
  await client.end();
  const { status, lines } = verify(database.applicationUrl);
  expect(lineOf(lines, "a wallet's balance is the sum of its ledger rows")).toMatch(/✗.* 1 +│$/);
  expect(lineOf(lines, "balance: ")).toContain("balance: 11111111-1111-1111-1111-111111111111");
  expect(status).toBe(1);
});

test("on Neon, whose log is not on the server's own disk, the disk's settings are not asked for", async () => {
  const neon = await givenNeon();
  const { status, lines } = verify(neon.applicationUrl);
  expect([lineOf(lines, "fsync"), lineOf(lines, "full_page_writes")]).toEqual(["", ""]);
  expect(lineOf(lines, "synchronous_commit = on")).toContain("✓");
  expect(status).toBe(0);
  expect(lineOf(lines, "role = ")).toMatch(/✓.*role = postgres_app/);
  await neon.drop();
});

test("a database that is away is one line, without its password, and exit 1", () => {
  const { status, stderr } = verify("postgres://someone:hunter2hunter2@127.0.0.1:9/nothing");
  expect(status).toBe(1);
  expect(stderr.trim()).toBe("ledger:verify: the database of DATABASE_URL does not answer (ECONNREFUSED): start it, or check DATABASE_URL");
  expect(stderr).not.toContain("hunter2");
});

test("an owner's address is red, by what it may do, unless it is said to be meant", async () => {
  const neon = await givenNeon();
  const seen = verify(neon.url);
  expect(lineOf(seen.lines, "role = ")).toMatch(/✗.*role = postgres, which is a superuser/);
  expect(lineOf(seen.lines, "lock_timeout = 0")).toContain("✗");
  expect(seen.status).toBe(1);
  const meant = verify(neon.url, { args: ["--as-owner"] });
  expect([lineOf(meant.lines, "role = "), meant.status]).toEqual(["", 0]);
  await neon.drop();
});

/** A database whose server says that it is Neon's, so that nothing else of this cluster is red. */
async function givenNeon(): Promise<TestDatabase> {
  const neon = await freshDatabase();
  const client = new Client({ connectionString: neon.url });
  await client.connect();
  await client.query(`alter database ${new URL(neon.url).pathname.slice(1)} set neon.timeline_id = 'a0'`);
  await client.end();
  return neon;
}
