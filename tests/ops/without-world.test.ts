// The commands beside `npm start` when it does not run, or was not asked for: one line that says so, and what to do.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PROJECT } from "../support/project-files.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pantheon-without-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function run(command: string, args: readonly string[] = ["--local"], env = {}): { status: number | null; stderr: string } {
  const script = join(PROJECT, "packages/ops/src", `${command}.ts`);
  const options = { encoding: "utf8", env: { PANTHEON_HOME: home, NO_COLOR: "1", ...env } } as const;
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], options);
  return { status, stderr: stderr.trim() };
}

/** What a local world that was killed leaves behind. */
function givenAddresses(): void {
  const place = { apiUrl: "http://127.0.0.1:9", issuer: "http://127.0.0.1:9/auth", llmUrl: "http://127.0.0.1:9" };
  const databaseUrl = "postgres://postgres:hunter2@127.0.0.1:9/pantheon";
  writeFileSync(
    join(home, "local.json"),
    JSON.stringify({ ...place, stripeUrl: "http://127.0.0.1:9", databaseUrl, ownerUrl: databaseUrl, pid: 1 }),
  );
}

const COMMANDS = ["reconcile", "ledger-verify", "migrate"];

test.each(COMMANDS)("%s where none runs", (command) => {
  const { status, stderr } = run(command);
  expect(status).toBe(1);
  expect(stderr).toBe(`${command.replace("-", ":")}: no local world runs: run npm start first`);
});

test.each(COMMANDS)("%s where a killed one left its addresses, and one whose file is broken", (command) => {
  givenAddresses();
  const left = run(command);
  expect([left.status, left.stderr.split("\n").length]).toEqual([1, 1]);
  expect(left.stderr).toMatch(/npm start/);
  writeFileSync(join(home, "local.json"), '{"databaseUrl": "postgres://hunter2');
  const broken = run(command);
  expect(broken.stderr).toContain(`${join(home, "local.json")} cannot be read as what npm start writes`);
  expect(left.stderr + broken.stderr).not.toContain("hunter2");
});

test.each(COMMANDS)("%s does not take the local world unasked: it says what to set, and the flag", (command) => {
  givenAddresses();
  const { status, stderr } = run(command, []);
  expect([status, stderr.split("\n").length]).toEqual([1, 1]);
  expect(stderr).toMatch(/: set (?:MIGRATION_)?DATABASE_(?:POOL_)?URL.*, or give --local for the local world that npm start serves$/);
  expect(run(command, [], { DATABASE_URL: "" }).stderr).toBe(stderr);
});

// The database of a stage and the Stripe of this machine: whatever is missing there would be booked here, or the other way round.
test("reconcile takes no Stripe from the local world for a database that is named", () => {
  givenAddresses();
  const named = { DATABASE_URL: "postgres://postgres@127.0.0.1:9/stage" };
  expect(run("reconcile", [], named).stderr).toBe(
    "reconcile: set AUTH_ISSUER, STRIPE_SECRET_KEY, or give --local for the local world that npm start serves",
  );
});

test.each(COMMANDS)("%s of the local world is of that one, whatever database the environment names", (command) => {
  givenAddresses();
  const { stderr } = run(command, ["--local"], { DATABASE_URL: "postgres://127.0.0.1:9/a", DATABASE_POOL_URL: "postgres://127.0.0.1:9/b" });
  expect(stderr).toMatch(/the local world(?:'s database)? does not answer/);
});
