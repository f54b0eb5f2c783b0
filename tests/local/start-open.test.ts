// `npm start -- --open`: the web app's address is handed to whatever opens one here, and a machine without such a program is served alike.

import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { givenStart, runStart } from "../support/npm-start.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let home: string;
beforeAll(async () => {
  database = await freshDatabase();
  home = await mkdtemp(join(tmpdir(), "pantheon-open-"));
});
afterAll(async () => {
  await database.drop();
  await rm(home, { recursive: true, force: true });
});

const here = () => ({ PANTHEON_HOME: home, DATABASE_URL: database.url });

test("the address is opened once it is served", async () => {
  const told = join(home, "told");
  const program = join(home, process.platform === "darwin" ? "open" : "xdg-open");
  await writeFile(program, `#!/bin/sh\nprintf '%s' "$1" > '${told}'\n`);
  await chmod(program, 0o755);
  const started = givenStart(["--no-tour", "--open"], { ...here(), PATH: home });
  await started.says("Ctrl-C stops");
  const address = /http:\/\/127\.0\.0\.1:\d+/.exec(started.printed())?.[0] ?? "";
  await expect.poll(() => readFile(told, "utf8").catch(() => ""), { timeout: 20_000 }).toBe(`${address}/`);
  started.child.kill("SIGINT");
  expect(await started.ended).toBe(0);
  expect(started.printed()).not.toContain("Nothing here opens a browser");
}, 120_000);

test("without a program that opens one, it says where to go, and serves", async () => {
  const started = givenStart(["--no-tour", "--open"], { ...here(), PATH: join(home, "nowhere") });
  await started.says(/Nothing here opens a browser: go to http:\/\/127\.0\.0\.1:\d+\/ yourself/);
  started.child.kill("SIGINT");
  expect(await started.ended).toBe(0);
}, 120_000);

test("with a tour alone there is nothing to open", () => {
  const { status, stderr } = runStart(["--tour-only", "--open"], here());
  expect([status, stderr]).toEqual([1, "pantheon: --open and --tour-only contradict each other"]);
});
