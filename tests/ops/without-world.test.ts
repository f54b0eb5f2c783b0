// The commands beside `npm start` when it does not run: one line that says so, and what to do.

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

function run(command: string): { status: number | null; stderr: string } {
  const script = join(PROJECT, "packages/ops/src", `${command}.ts`);
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8", env: { PANTHEON_HOME: home, NO_COLOR: "1" } });
  return { status, stderr: stderr.trim() };
}

const COMMANDS = ["reconcile", "ledger-verify", "migrate"];

test.each(COMMANDS)("%s where none runs", (command) => {
  const { status, stderr } = run(command);
  expect(status).toBe(1);
  expect(stderr).toMatch(/(?:no local world runs: run|no database: set (?:MIGRATION_)?DATABASE_URL, or run) npm start first/);
  expect(stderr.split("\n")).toHaveLength(1);
  expect(stderr).not.toContain("AUTH_ISSUER is required");
});

test.each(COMMANDS)("%s where a killed one left its addresses, and one whose file is broken", (command) => {
  const place = { apiUrl: "http://127.0.0.1:9", issuer: "http://127.0.0.1:9/auth", stripeUrl: null, llmUrl: "http://127.0.0.1:9" };
  const databaseUrl = "postgres://postgres:hunter2@127.0.0.1:9/pantheon";
  writeFileSync(
    join(home, "local.json"),
    JSON.stringify({ ...place, stripeUrl: "http://127.0.0.1:9", databaseUrl, ownerUrl: databaseUrl, pid: 1 }),
  );
  const left = run(command);
  expect([left.status, left.stderr.split("\n").length]).toEqual([1, 1]);
  expect(left.stderr).toMatch(/npm start/);
  writeFileSync(join(home, "local.json"), '{"databaseUrl": "postgres://hunter2');
  const broken = run(command);
  expect(broken.stderr).toContain(`${join(home, "local.json")} cannot be read as what npm start writes`);
  expect(left.stderr + broken.stderr).not.toContain("hunter2");
});
