// The local PostgreSQL: what a killed run left is taken over with its data, a home has one owner, and nothing is left running.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Log } from "@pantheon/core/log.ts";
import { type LocalPostgres, startPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";
import { isAlive } from "@pantheon/stand-ins/postgres/server.ts";
import { Client } from "pg";
import { afterEach, expect, test } from "vitest";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const QUICK = { fsync: "off" };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

test("kill -9 leaves the server; the next start takes it over with its data, and its stop leaves no process", async () => {
  const home = await givenHome();
  const parent = await givenRunner(home);
  expect(await parent.line).toMatch(/^up \d+$/);
  const pid = await serverPid(home);
  await kill(parent.child, "SIGKILL");
  expect(isAlive(pid)).toBe(true);

  const first = await start(home);
  expect(await serverPid(home)).toBe(pid);
  expect(`up ${first.port}`).toBe(await parent.line);
  expect(await query(first, "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  await query(first, "create table kept as select 42 as answer");
  await first.stop();
  await first.stop();
  expect(isAlive(pid)).toBe(false);
  await expect(query(first, "select 1")).rejects.toThrow("ECONNREFUSED");

  const second = await start(home);
  expect(await query(second, "select answer from kept")).toEqual([{ answer: 42 }]);
});

test("the server ends with its process: by a signal, and by an exit without a stop", async () => {
  const home = await givenHome();
  for (const end of ["SIGTERM", "SIGINT", "exit"] as const) {
    const runner = await givenRunner(home, end === "exit" ? "process.exit(0);" : "");
    expect(await runner.line).toMatch(/^up \d+$/);
    if (end === "exit") await runner.ended;
    else await kill(runner.child, end);
    await serverEnds(home);
  }
});

test("a second start of a home that is in use is refused, and the first goes on", async () => {
  const home = await givenHome();
  const first = await start(home);
  await expect(start(home)).rejects.toThrow(/^another process runs the local world of this home/);
  expect(await query(first, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("of two first starts at once on an empty home one wins and the other is refused", async () => {
  const home = await givenHome();
  const runners = await Promise.all([givenRunner(home), givenRunner(home)]);
  const lines = (await Promise.all(runners.map((runner) => runner.line))).sort();
  expect(lines[0]).toMatch(/^another process runs the local world/);
  expect(lines[1]).toMatch(/^up \d+$/);
  expect((await readdir(join(home, "postgres"))).sort()).toEqual(["data", "password", "server.log"]);
});

test("a start that comes while another process stops gets the home", async () => {
  const home = await givenHome();
  const first = await start(home);
  await query(first, "create table kept as select 42 as answer");
  const [, second] = await Promise.all([first.stop(), start(home)]);
  expect(await query(second, "select answer from kept")).toEqual([{ answer: 42 }]);
});

test("a taken port is left alone and another one is used", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  cleanups.push(async () => other.close());
  await once(other, "listening");
  const address = other.address();
  const taken = typeof address === "object" && address ? address.port : 0;
  const server = await startPostgres({ home: await givenHome(), port: taken, settings: QUICK, log: silent });
  cleanups.push(() => server.stop());
  expect(server.port).not.toBe(taken);
  expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("only who can read the home gets in: a password of mode 0600, this machine only", async () => {
  const home = await givenHome();
  const server = await start(home);
  const password = await readFile(join(server.folder, "password"), "utf8");
  expect(((await stat(join(server.folder, "password"))).mode & 0o777).toString(8)).toBe("600");
  expect(server.url("pantheon")).toBe(`postgres://postgres:${password}@127.0.0.1:${server.port}/pantheon`);
  await expect(query({ url: () => server.url("pantheon").replace(password, "guess") }, "select 1")).rejects.toThrow(
    "password authentication failed",
  );
  expect(
    await query(
      server,
      "select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories', 'max_connections') order by 1",
    ),
  ).toEqual([
    { name: "listen_addresses", setting: "127.0.0.1" },
    { name: "max_connections", setting: "200" },
    { name: "unix_socket_directories", setting: "" },
  ]);
});

const silent: Log = { info() {}, warn() {}, error() {}, count() {} };

async function givenHome(mode = 0o755): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "pantheon-home-"));
  await chmod(home, mode);
  cleanups.push(async () => {
    await serverEnds(home);
    await rm(home, { recursive: true, force: true });
  });
  return home;
}

async function start(home: string): Promise<LocalPostgres> {
  const server = await startPostgres({ home, settings: QUICK, log: silent });
  cleanups.push(() => server.stop());
  return server;
}

/** A process of its own that starts the server and stays. Its line is "up <port>", or why it did not start. */
async function givenRunner(
  home: string,
  afterwards = "",
): Promise<{ child: ChildProcess; line: Promise<string>; ended: Promise<unknown> }> {
  const code = `
    import { startPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";
    process.umask(0o077); // what is made for the server's user must not depend on it
    const nothing = () => {};
    const log = { info: nothing, warn: nothing, error: nothing, count: nothing };
    try {
      const { port } = await startPostgres({ home: ${JSON.stringify(home)}, settings: { fsync: "off" }, log });
      console.log("up " + port);
    } catch (error) {
      console.log(error.message);
    }
    ${afterwards}`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", code], {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanups.push(async () => {
    if (isRunning(child)) await kill(child, "SIGTERM");
  });
  const line = once(child.stdout, "data").then(([chunk]) => String(chunk).trim());
  return { child, line, ended: once(child, "exit") };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

async function serverPid(home: string): Promise<number> {
  return Number.parseInt(await readFile(join(home, "postgres", "data", "postmaster.pid"), "utf8"), 10);
}

/** Waits, as long as the test may run, until the server has put away the file that names its process. */
async function serverEnds(home: string): Promise<void> {
  while (existsSync(join(home, "postgres", "data", "postmaster.pid"))) await wait(20);
}

async function query(server: Pick<LocalPostgres, "url">, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url("pantheon") });
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
