// How `npm start` ends: by Ctrl-C in the middle of a turn, by a kill of npm, by a kill that nobody can hear; and what it leaves behind.

import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { askDatabase, givenStart, runStart } from "../support/npm-start.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { PROJECT } from "../support/project-files.ts";

let database: TestDatabase;
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pantheon-stop-"));
});
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());
afterAll(() => rm(home, { recursive: true, force: true }));

const here = () => ({ PANTHEON_HOME: home, DATABASE_URL: database.url });

/** A model provider that is asked and never answers. */
async function silentProvider(): Promise<{ url: string; asked: Promise<unknown>; server: Server }> {
  const server = createServer().listen(0, "127.0.0.1");
  const asked = once(server, "request");
  await once(server, "listening");
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/v1`, asked, server };
}

const running = () =>
  askDatabase(database.url, "select count(*)::int as turns, sum(hold) > 0 as holds from turns where status = 'running'");
const held = () => askDatabase(database.url, "select 1 from credit_wallets where held <> 0");

test("Ctrl-C in the middle of a turn voids it, also when the signal comes twice, and a later tour finds the books right", async () => {
  const { url, asked, server } = await silentProvider();
  const started = givenStart(["--tour-only"], { ...here(), OPENROUTER_API_KEY: "sk-or-given", OPENROUTER_BASE_URL: url });
  await asked;
  expect(await running()).toEqual([{ turns: 1, holds: true }]);
  started.child.kill("SIGINT"); // the terminal's
  started.child.kill("SIGINT"); // npm's, which passes it on
  expect(await started.ended).toBe(130);
  server.closeAllConnections();
  server.close();
  expect([await running(), await held()]).toEqual([[{ turns: 0, holds: null }], []]);
  expect(started.printed()).toContain("The tour was stopped");
  expect(runStart(["--tour-only"], here())).toMatchObject({ status: 0, stdout: expect.stringContaining("0 rows broken") });
});

test("a turn that a killed run left behind is swept by the next start, before anybody looks at the books", async () => {
  const { url, asked, server } = await silentProvider();
  const started = givenStart(["--tour-only"], { ...here(), OPENROUTER_API_KEY: "sk-or-given", OPENROUTER_BASE_URL: url });
  await asked;
  started.child.kill("SIGKILL");
  expect(await started.ended).toBe("SIGKILL");
  server.closeAllConnections();
  server.close();
  await askDatabase(database.url, "update turns set lease_until = clock_timestamp() - interval '10 minutes' where status = 'running'");
  const { status, stdout } = runStart(["--tour-only"], here());
  expect([status, stdout.includes("✗"), await held()]).toEqual([0, false, []]);
});

test("a check of the books that fails names the invariant and the rows", async () => {
  expect(runStart(["--tour-only"], here()).status).toBe(0);
  await askDatabase(database.url, "update credit_wallets set balance = balance + 1 where user_id like 'ada-%'");
  const [wallet] = await askDatabase(database.url, "select user_id from credit_wallets where user_id like 'ada-%'");
  const { status, stdout } = runStart(["--tour-only"], here());
  const text = stdout.replaceAll(/\s+/g, " ");
  expect(status).toBe(1);
  expect(text).toContain("1 row broken");
  expect(text).toContain(`balance 1: ${String(wallet?.["user_id"])}`);
});

test("a kill of npm ends the server and frees its port", async () => {
  const environment = { ...here(), PATH: process.env["PATH"] ?? "", HOME: home };
  const started = givenStart(["--", "--no-tour"], environment, ["npm", "--prefix", PROJECT, "start"]);
  await started.says("Serving");
  const url = /ready in .* at (\S+)/.exec(started.printed())?.[1] ?? "";
  expect((await fetch(`${url}/api/v1/health`)).status).toBe(200);
  started.child.kill("SIGTERM");
  await started.ended;
  for (const end = Date.now() + 20_000; Date.now() < end && (await isUp(url));) await new Promise((next) => setTimeout(next, 50));
  expect(await isUp(url)).toBe(false);
});

async function isUp(url: string): Promise<boolean> {
  return fetch(`${url}/api/v1/health`).then(
    () => true,
    () => false,
  );
}
