// The local PostgreSQL of one home: started, taken over when an earlier run was killed, held by one process at a time, stopped.
// How a server is made and launched stands in server.ts, where it lives in place.ts. Knows no table.

import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "@pantheon/core/log.ts";
import type { Client } from "pg";
import { placeFor } from "./place.ts";
import { answers, clientOf, initialise, launch, processOf, type Server, type Settings, shutDown, signalEnd, urlOf } from "./server.ts";

type Options = {
  /** The folder of this local world. The server's password stands in its `postgres.password`, readable by its owner only. */
  home: string;
  /** Taken if it is free, else a free one is. */
  port?: number;
  /** Over the defaults of a server that is started; one that is taken over keeps its own. */
  settings?: Settings;
  log: Log;
};

export type LocalPostgres = {
  /** The address of a database, password included. */
  url(database: string): string;
  port: number;
  /** Stops the server and waits until it is gone. May be called twice. */
  stop(): Promise<void>;
};

const DATABASE = "pantheon";
const PATIENCE_MS = 3_000;

/**
 * Starts the PostgreSQL of `home`, or takes over the one that a killed run left behind, with a database `pantheon` in it.
 * It listens on 127.0.0.1 only and asks for a password. A home has one owner at a time: while another process has it, this throws
 * after about three seconds. The server ends with this process, unless that is killed.
 */
export async function startPostgres(options: Options): Promise<LocalPostgres> {
  mkdirSync(options.home, { recursive: true });
  const home = realpathSync(options.home);
  const place = placeFor(home, options.log);
  const server: Server = { ...place, data: join(place.folder, "data"), password: keepPassword(home) };
  await initialise(server, options.settings?.["fsync"] === "off");

  const { port, owner } = await claim(server, options);
  const release = endWithProcess(server);
  await createDatabase(owner);

  let stopped: Promise<void> | null = null;
  const stop = async () => {
    await shutDown(server); // while the home is still held, so that nobody takes over a server that is about to end
    await owner.end();
    release();
  };
  return { url: (database) => urlOf(server, port, database), port, stop: () => (stopped ??= stop()) };
}

/** Linked into place, so that two first starts agree on one password and nobody reads half of it. */
function keepPassword(home: string): string {
  const file = join(home, "postgres.password");
  if (!existsSync(file)) {
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, randomBytes(24).toString("base64url"), { mode: 0o600 });
    try {
      linkSync(fresh, file);
    } catch (error) {
      if (!existsSync(file)) throw error;
    } finally {
      rmSync(fresh);
    }
  }
  return readFileSync(file, "utf8");
}

/** A running server, taken over or started, and the session that holds it. */
async function claim(server: Server, options: Options): Promise<{ port: number; owner: Client }> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await wait(100)) {
    const left = await takeOver(server);
    const port = left ?? (await start(server, options));
    const owner = await hold(server, port);
    if (owner && left !== null) options.log.info("an earlier run left PostgreSQL running: it is taken over", { port });
    if (owner) return { port, owner };
    if (performance.now() > deadline)
      throw new Error("another process runs the local world of this home: stop it, or set another PANTHEON_HOME");
  }
}

/** The port of a server that already runs on our data folder, or null when there is none. */
async function takeOver(server: Server): Promise<number | null> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await wait(100)) {
    const left = processOf(server);
    if (!left) return null;
    if (await answers(server, left.port)) return left.port;
    if (performance.now() > deadline) return null; // the number may be another process's by now: PostgreSQL finds out when it starts
  }
}

async function start(server: Server, { port: preferred, settings = {}, log }: Options): Promise<number> {
  let wanted = preferred;
  for (const deadline = performance.now() + PATIENCE_MS; ; wanted = undefined) {
    const port = await freePort(wanted);
    if (wanted !== undefined && port !== wanted) log.info("that port is taken: PostgreSQL listens on another", { wanted, port });
    const failure = await launch(server, port, settings);
    if (failure === null) return port;
    // A second start of this home was first, or somebody took the port meanwhile.
    const other = await takeOver(server);
    if (other !== null) return other;
    if (performance.now() > deadline) throw new Error(`PostgreSQL did not start: ${failure}`);
  }
}

/** `wanted` if it is free on 127.0.0.1, else any free port. */
function freePort(wanted = 0): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", (error) => (wanted === 0 ? failed(error) : found(freePort())));
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address ? found(address.port) : failed(new Error("no port"))));
    });
  });
}

/**
 * Holds the home by an advisory lock in a session of its own, which ends with this process however that ends; null when another
 * process has it, or the server is going away. (A process number in a file would not do: numbers are used again.)
 */
async function hold(server: Server, port: number): Promise<Client | null> {
  const owner = clientOf(server, port);
  try {
    await owner.connect();
    const { rows } = await owner.query<{ mine: boolean }>("select pg_try_advisory_lock(hashtextextended('pantheon home', 0)) as mine");
    if (rows[0]?.mine) return owner;
  } catch {
    // The server went away between our two connections: its owner stopped it.
  }
  await owner.end().catch(() => {});
  return null;
}

/** The servers that end with this process. */
const mine = new Set<Server>();

/** At this process's end the server is asked to end too, until the returned function is called. */
function endWithProcess(server: Server): () => void {
  if (mine.size === 0) {
    process.on("exit", onExit);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  mine.add(server);
  return () => {
    mine.delete(server);
    if (mine.size > 0) return;
    process.off("exit", onExit);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

function onExit(): void {
  for (const server of mine) signalEnd(server);
}

/** A signal ends the process here only if nobody else listens for it: a server in front may want to finish its answers first. */
function onSignal(signal: NodeJS.Signals, number: number): void {
  if (process.listenerCount(signal) === 1) process.exit(128 + number);
}

async function createDatabase(owner: Client): Promise<void> {
  const { rowCount } = await owner.query("select from pg_database where datname = $1", [DATABASE]);
  if (rowCount === 0) await owner.query(`create database ${DATABASE}`);
}
