// `npm start` as a stranger runs it: a child process, a home of its own, the tour and what it leaves behind.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askDatabase, runStart } from "../support/npm-start.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let home: string;
beforeAll(async () => {
  database = await freshDatabase();
  home = await mkdtemp(join(tmpdir(), "pantheon-start-"));
});
afterAll(async () => {
  await database.drop();
  await rm(home, { recursive: true, force: true });
});

function start(args: string[], environment: Record<string, string> = {}) {
  return runStart(args, { PANTHEON_HOME: home, DATABASE_URL: database.url, ...environment });
}

/** What the tour changes and must put back. */
async function settings() {
  return askDatabase(
    database.url,
    "select model_alias, multiplier, (select enforcement_override from runtime_settings) as override from model_pricing order by 1",
  );
}

/** A key, a streamed call through the `openai` package, what it cost, and the key's end. */
const DOOR = [
  /✓ +A key for programs .*pan_/,
  /✓ +By the openai package .*200 +streamed in/,
  /✓ +What it cost .*200 +recomputed/,
  /✓ +The key is revoked .*204/,
  /✓ +The next call .*401 +invalid_api_key/,
];

test("the tour ends with every step as expected and 0, also on kept data, and leaves prices and enforcement as they were", async () => {
  const before = await settings();
  for (const run of ["first", "second"]) {
    const { status, stdout } = start(["--tour-only"]);
    expect([run, status]).toEqual([run, 0]);
    expect(stdout.match(/✓/g)?.length).toBeGreaterThanOrEqual(15);
    expect(stdout).not.toContain("✗");
    expect(stdout).toContain("0 rows broken");
    for (const row of DOOR) expect(stdout).toMatch(row);
    expect(stdout).toContain("2 statements each (200 turns)");
  }
  expect(await settings()).toEqual(before);
});

test.each([
  ["100 columns", {}, 100],
  ["80 columns", { COLUMNS: "80" }, 80],
])("the tour fits %s", (_what, environment, width) => {
  const { stdout } = start(["--tour-only"], environment);
  const tour = stdout.slice(stdout.indexOf("Step")).split("\n");
  expect(tour.length).toBeGreaterThan(20);
  expect(tour.filter((line) => Array.from(line).length > width)).toEqual([]);
  expect(tour.filter((line) => line.includes("…"))).toEqual([]); // nothing is cut off
});

test.each([
  [
    "a database of another machine",
    [],
    { DATABASE_URL: "postgres://someone:hunter2@db.example/live" },
    "DATABASE_URL names another machine",
  ],
  ["a port that is none", [], { PORT: "99999" }, "PORT must be"],
  ["a variable of the product that is wrong", [], { LOW_BALANCE_THRESHOLD: "hunter2" }, "LOW_BALANCE_THRESHOLD must be"],
  ["a flag that is not known", ["--nope"], {}, "Unknown option '--nope'; --help tells more"],
  ["flags that contradict each other", ["--no-tour", "--tour-only"], {}, "contradict"],
])("%s ends it with one line that says so, and never what was in it", (_what, args, environment, line) => {
  const { status, stdout, stderr } = start(args, environment);
  expect(status).toBe(1);
  expect(stderr).toContain(line);
  expect(stderr.split("\n")).toHaveLength(1);
  expect(stdout + stderr).not.toContain("hunter2");
});
