// `npm start` with a key of one's own for the models: few turns, said before; a key that is refused is a row, and the server serves.

import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startProvider } from "@pantheon/stand-ins/provider/provider.ts";
import { givenStart, runStart } from "../support/npm-start.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

const KEY = "sk-or-v1-hunter2hunter2";

let database: TestDatabase;
let home: string;
beforeAll(async () => {
  database = await freshDatabase();
  home = await mkdtemp(join(tmpdir(), "pantheon-provider-"));
});
afterAll(async () => {
  await database.drop();
  await rm(home, { recursive: true, force: true });
});

const withKey = (url: string) => ({ PANTHEON_HOME: home, DATABASE_URL: database.url, OPENROUTER_API_KEY: KEY, OPENROUTER_BASE_URL: url });

/** The text without its line breaks, since a table wraps. */
const flat = (text: string) => text.replaceAll(/\s+/g, " ");

test("a good key is asked three turns, which is said before, with progress, and nothing is measured with it", async () => {
  const provider = await startProvider();
  const started = givenStart(["--tour-only"], withKey(provider.url));
  expect(await started.ended).toBe(0);
  expect(provider.calls()).toBe(3);
  const text = started.printed();
  expect(text).toMatch(/OPENROUTER_API_KEY is set: the tour asks the real provider 3 short turns/);
  for (const turn of [1, 2, 3]) expect(text).toContain(`turn ${turn} of 3`);
  expect(text.indexOf("3 short turns")).toBeLessThan(text.indexOf("turn 1 of 3"));
  expect(text).not.toMatch(/✗|p50/);
  expect(provider.requests.map(({ maxTokens }) => maxTokens)).toEqual([200, 200, 200]);
  await provider.close();
});

test("a key that is refused is a row that names the variable, never the key, and the server still serves", async () => {
  let asked = 0;
  const refusing = createServer((_request, response) => {
    asked += 1;
    response.writeHead(401, { "Content-Type": "application/json" }).end('{"error":{"message":"No auth credentials found"}}');
  }).listen(0, "127.0.0.1");
  await once(refusing, "listening");
  const address = refusing.address();
  const started = givenStart([], withKey(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/v1`));
  await started.says("Serving");
  const url = /ready in .* at (\S+)/.exec(started.printed())?.[1] ?? "";
  expect((await fetch(`${url}/api/v1/health`)).status).toBe(200);
  started.child.kill("SIGTERM");
  await started.ended;
  refusing.close();
  expect(flat(started.printed())).toMatch(/✗ A turn .*OPENROUTER_API_KEY was/);
  expect(started.printed()).toContain("401");
  expect(started.printed()).not.toMatch(/hunter2|Cannot read|auth credentials/);
  expect(started.printed().match(/✗/g)).toHaveLength(1);
  expect(asked).toBe(1);
});

test("without a network the row says so, and the tour alone ends with 1", async () => {
  const gone = await startProvider();
  await gone.close();
  const { status, stdout, stderr } = runStart(["--tour-only"], withKey(gone.url));
  expect([status, stderr]).toEqual([1, ""]);
  expect(flat(stdout)).toMatch(/✗ A turn/);
  expect(stdout).toContain("(unreachable)");
  expect(stdout).toContain("What it earned");
  expect(stdout).toContain("The books are checked");
  expect(stdout).not.toContain("Cannot read");
});
