// The home of the local PostgreSQL: whose it is, where its data and its password are, what happens when one of them is lost, and that a
// start that fails leaves nothing running. As root, with real folders under a temporary one.

import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log, LogFields } from "@pantheon/core/log.ts";
import { refuseForeignHome } from "@pantheon/stand-ins/postgres/home.ts";
import { type LocalPostgres, startPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";
import { isAlive } from "@pantheon/stand-ins/postgres/server.ts";
import { Client } from "pg";
import { afterEach, describe, expect, test } from "vitest";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Said = [message: string, fields: LogFields | undefined];

/** A folder that the server's user may enter, with a home in it. `mode` is the home's. */
async function given(mode = 0o755): Promise<{ root: string; home: string; rootData: string }> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "pantheon-place-")));
  cleanups.push(() => rm(root, { recursive: true, force: true }));
  await chmod(root, 0o755);
  const home = join(root, "home");
  await mkdir(home, { mode });
  await chmod(home, mode);
  return { root, home, rootData: join(root, "var") };
}

async function start({ home, rootData }: { home: string; rootData: string }, said: Said[] = []): Promise<LocalPostgres> {
  const log: Log = { info: (message, fields) => said.push([message, fields]), warn() {}, error() {}, count() {} };
  const server = await startPostgres({ home, rootData, settings: { fsync: "off" }, log });
  cleanups.push(() => server.stop());
  return server;
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

/** What PostgreSQL writes into its data folder while it runs. */
const isRunning = (folder: string) => existsSync(join(folder, "data", "postmaster.pid"));
const pidOf = async (folder: string) => Number.parseInt(await readFile(join(folder, "data", "postmaster.pid"), "utf8"), 10);

/** Everything under a folder with its owner and mode, as `ls` would show it. */
function owners(folder: string): string[] {
  const paths = [folder, ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))];
  return paths.sort().map((path) => `${path} ${lstatSync(path).uid} ${(lstatSync(path).mode & 0o777).toString(8)}`);
}

describe("the password", () => {
  test("stands beside the data; when it alone is lost or changed, the next start sets a new one, and the data is there", async () => {
    const place = await given();
    const server = await start(place);
    await query(server, "create table kept as select 42 as answer");
    await server.stop();
    const file = join(server.folder, "password");
    for (const spoil of [
      () => rm(file),
      async () => writeFileSync(file, "somebody-elses-password"),
      async () => writeFileSync(file, "'\n"),
    ]) {
      await spoil();
      const said: Said[] = [];
      const again = await start(place, said);
      expect(said.map(([message]) => message)).toEqual(["the database's password was lost or changed: a new one is set"]);
      expect(await query(again, "select answer from kept")).toEqual([{ answer: 42 }]);
      await again.stop();
    }
  });

  test("of an older world, which kept it in the home, is taken along", async () => {
    const place = await given();
    const first = await start(place);
    await query(first, "create table kept as select 42 as answer");
    await first.stop();
    await copyFile(join(first.folder, "password"), join(place.home, "postgres.password"));
    await rm(join(first.folder, "password"));
    const said: Said[] = [];
    expect(await query(await start(place, said), "select answer from kept")).toEqual([{ answer: 42 }]);
    expect([said, existsSync(join(place.home, "postgres.password"))]).toEqual([[], false]);
  });

  test("that does not fit a server which still runs is said with what to do, and that server is left alone", async () => {
    const place = await given();
    const first = await start(place);
    writeFileSync(join(first.folder, "password"), "somebody-elses-password");
    const pid = await pidOf(first.folder);
    await expect(start(place)).rejects.toThrow(
      `the password in ${join(first.folder, "password")} is not that of the PostgreSQL that runs on ${first.folder}: stop process ${pid}, then start again`,
    );
    expect(await query(first, "select 1 as one")).toEqual([{ one: 1 }]);
  });
});

test("a start that fails after PostgreSQL came up stops it again", async () => {
  const place = await given();
  const first = await start(place);
  const breaking = new Client({ connectionString: first.url("postgres") });
  await breaking.connect();
  await breaking.query("drop database pantheon"); // the next start makes it anew, and cannot
  await breaking.query("alter database template1 is_template false");
  await breaking.query("drop database template1");
  await breaking.end();
  await first.stop();
  await expect(start(place)).rejects.toThrow('template database "template1" does not exist');
  expect(isRunning(first.folder)).toBe(false);
});

describe.runIf(process.getuid?.() === 0)("as root", () => {
  test("a home that the server's user may not enter has its data elsewhere, and the start says where", async () => {
    const place = await given(0o700);
    const said: Said[] = [];
    const server = await start(place, said);
    expect(server.folder.startsWith(`${place.rootData}/`)).toBe(true);
    expect(said).toEqual([
      ["the user postgres may not enter the home: the database is kept elsewhere", { home: place.home, folder: server.folder }],
    ]);
    await query(server, "create table kept as select 42 as answer");
    await server.stop();
    expect(await query(await start(place), "select answer from kept")).toEqual([{ answer: 42 }]);
  });

  test("the home deleted alone, the data deleted alone, and both: every later start works", async () => {
    const place = await given(0o700);
    const first = await start(place);
    const { folder } = first;
    await first.stop();
    for (const deleted of [[place.home], [folder], [place.home, folder]]) {
      for (const path of deleted) await rm(path, { recursive: true });
      await mkdir(place.home, { recursive: true, mode: 0o700 });
      const server = await start(place);
      expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
      const pid = await pidOf(folder);
      await server.stop();
      expect(isAlive(pid)).toBe(false);
    }
  });

  test("a home of somebody else is refused before anything of it is touched", async () => {
    const place = await given();
    await mkdir(join(place.home, "postgres"), { mode: 0o700 });
    writeFileSync(join(place.home, "issuer.json"), "theirs", { mode: 0o600 });
    for (const path of [place.home, join(place.home, "postgres"), join(place.home, "issuer.json")]) chownSync(path, 1, 1);
    const before = owners(place.root);
    const message = `${place.home} belongs to daemon: as root this run would lock them out. Run it as daemon, or set another PANTHEON_HOME`;
    expect(() => refuseForeignHome(place.home)).toThrow(message);
    await expect(start(place)).rejects.toThrow(message);
    expect(owners(place.root)).toEqual(before);
  });

  test("data of somebody else in a home of root's is refused, too", async () => {
    const place = await given();
    await mkdir(join(place.home, "postgres"), { mode: 0o700 });
    chownSync(join(place.home, "postgres"), 1, 1);
    await expect(start(place)).rejects.toThrow(`${join(place.home, "postgres")} belongs to daemon`);
    expect(lstatSync(join(place.home, "postgres")).uid).toBe(1);
  });

  test("another user in a home of root's is told whose it is", async () => {
    const place = await given();
    chmodSync(place.home, 0o755);
    const code = `import { refuseForeignHome } from ${JSON.stringify(join(import.meta.dirname, "../../packages/stand-ins/src/postgres/home.ts"))};
      process.setgid(1); process.setuid(1);
      try { refuseForeignHome(${JSON.stringify(place.home)}); } catch (error) { console.log(error.message); }`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module-typescript", "--eval", code], { encoding: "utf8" });
    expect([stdout.trim(), stderr]).toEqual([
      `${place.home} belongs to root, and daemon may not write to it. Run it as root, or set another PANTHEON_HOME`,
      "",
    ]);
  });
});
