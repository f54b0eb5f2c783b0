// What `npm start` says when it cannot start, and where it listens: one line that names what to look at, before anything is made.

import { once } from "node:events";
import { existsSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openFileLog } from "@pantheon/local/file-log.ts";
import { givenStart, runStart } from "../support/npm-start.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let home: string;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pantheon-faults-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));
afterAll(() => database.drop());

const here = (more: Record<string, string> = {}) => ({ PANTHEON_HOME: home, DATABASE_URL: database.url, ...more });

function lineOf(environment: Record<string, string>): string {
  const { status, stderr } = runStart(["--no-tour"], environment);
  expect(status).toBe(1);
  expect(stderr.split("\n")).toHaveLength(1);
  return stderr;
}

describe("it cannot start", () => {
  test("on a port that is taken: the port and who holds it are named", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const line = lineOf(here({ PORT: String(port) }));
    holder.close();
    expect(line).toContain(`port ${port} is taken by `);
    expect(line).toContain(`(process ${process.pid}): stop that, or set PORT (0 picks a free one)`);
  });

  test("with a wrong setting: told before a database is made", () => {
    expect(lineOf({ PANTHEON_HOME: home, LOW_BALANCE_THRESHOLD: "lots" })).toContain("LOW_BALANCE_THRESHOLD must be");
    expect(existsSync(join(home, "postgres"))).toBe(false);
  });

  test("with a broken issuer.json: the file is named, and its content is not shown", () => {
    writeFileSync(join(home, "issuer.json"), '{"kty":"EC","d":"hunter2');
    const line = lineOf(here());
    expect(line).toContain(`${join(home, "issuer.json")} does not hold the issuer's key: delete it`);
    expect(line).not.toContain("hunter2");
  });

  test("on a full disk, on a database that is away, with a wrong password, on one that does not exist", () => {
    symlinkSync("/dev/full", join(home, "local.json"));
    expect(lineOf(here())).toContain("the disk is full: make room");
    unlinkSync(join(home, "local.json"));
    expect(lineOf(here({ DATABASE_URL: "postgres://me:hunter2@127.0.0.1:9/x" }))).toMatch(
      /the database of DATABASE_URL does not answer \(ECONNREFUSED\): start it, or look at DATABASE_URL/,
    );
    const wrong = new URL(database.url);
    wrong.password = "hunter2";
    expect(lineOf(here({ DATABASE_URL: wrong.href }))).toContain("the database of DATABASE_URL refuses the user or the password");
    const missing = new URL(database.url);
    missing.pathname = "/nothing_here";
    expect(lineOf(here({ DATABASE_URL: missing.href }))).toContain("the database of DATABASE_URL does not exist on its server: create it");
  });

  test("for reasons other than these: a log that cannot be written is dropped", () => {
    const log = openFileLog("/dev/full", Date.now);
    expect(() => log.info("request")).not.toThrow();
    log.close();
  });

  test("where HOST would open it to the network and nobody said that it may", () => {
    expect(lineOf(here({ HOST: "0.0.0.0" }))).toContain("set PANTHEON_OPEN=1 too");
    expect(lineOf(here({ HOST: "everywhere" }))).toContain("HOST must be an IP address, or localhost");
    expect(existsSync(join(home, "pantheon.log"))).toBe(false);
  });
});

describe("it serves", () => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal)?.address;

  test.each([
    ["every address", "0.0.0.0"],
    ["one of the network", outside ?? ""],
  ])("on %s when it may, with a warning, and takes events signed only", async (_what, host) => {
    if (host === "") return; // a machine without a network
    const started = givenStart(["--no-tour"], here({ HOST: host, PANTHEON_OPEN: "1" }));
    await started.says("curl -s");
    const port = /at http:\/\/127\.0\.0\.1:(\d+)/.exec(started.printed())?.[1] ?? "";
    expect(started.printed()).toContain(`it listens on ${host}`);
    expect(started.printed()).toContain("/webhooks/stripe, signed only");
    for (const address of ["127.0.0.1", outside ?? "127.0.0.1"]) {
      expect((await fetch(`http://${address}:${port}/api/v1/health`)).status).toBe(200);
      const event = {
        id: "evt_1",
        type: "payment_intent.succeeded",
        data: { object: { id: "pi_1", metadata: { user_id: "eve", credits: "1" } } },
      };
      expect((await fetch(`http://${address}:${port}/webhooks/stripe`, { method: "POST", body: JSON.stringify(event) })).status).toBe(400);
    }
    started.child.kill("SIGTERM");
    expect(await started.ended).toBe(0);
  });

  test("on this machine alone otherwise, names its log file, and with --log prints a line for every request", async () => {
    const started = givenStart(["--no-tour", "--log"], here());
    await started.says("curl -s");
    const url = /ready in .* at (\S+)/.exec(started.printed())?.[1] ?? "";
    expect(started.printed()).toContain(`log in ${join(home, "pantheon.log")}`);
    if (outside !== undefined) await expect(fetch(url.replace("127.0.0.1", outside))).rejects.toThrow();
    const response = await fetch(`${url}/api/v1/users/me/wallet`, { headers: { "X-Request-Id": "asked-by-me" } });
    expect(response.status).toBe(401);
    await started.says(/\d\d:\d\d:\d\d\.\d{3} {2}401 {2}GET {2}\/api\/v1\/users\/me\/wallet .*asked-by-me/);
    expect(readFileSync(join(home, "pantheon.log"), "utf8")).toContain("asked-by-me");
    started.child.kill("SIGTERM");
    expect(await started.ended).toBe(0);
  });
});
