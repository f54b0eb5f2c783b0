// The local PostgreSQL of one home: started, taken over when an earlier run was killed, held by one process at a time, stopped.
// How a server is made and launched stands in server.ts, where it lives in place.ts. Knows no table.

import { mkdirSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "@pantheon/core/log.ts";
import type { Client } from "pg";
import { refuseForeignHome } from "./home.ts";
import { keepPassword, passwordFile } from "./password.ts";
import { placeFor } from "./place.ts";
import * as pg from "./server.ts";

type Options = {
  /** The folder of this local world. It may be only where the world is known by: see `folder` for the data. */
  home: string;
  /** Taken if it is free, else a free one is. */
  port?: number;
  /** Over the defaults of a server that is started; one that is taken over keeps its own. */
  settings?: pg.Settings;
  /** Where the data of homes is kept that the server's user may not enter; used under root alone. */
  rootData?: string;
  log: Log;
};

export type LocalPostgres = {
  /** The address of a database, password included. */
  url(database: string): string;
  port: number;
  /** The server's own folder, with its data and, beside them, its password. */
  folder: string;
  /** Stops the server and waits until it is gone. May be called twice. */
  stop(): Promise<void>;
};

const DATABASE = "pantheon";
const PATIENCE_MS = 3_000;

/**
 * Starts the PostgreSQL of `home`, or takes over the one that a killed run left behind, with a database `pantheon` in it.
 * It listens on 127.0.0.1 only and asks for a password. A home has one owner at a time: while another process has it, this throws
 * after about three seconds. What fails leaves no server running that it started. The server ends with this process, unless that is killed.
 */
export async function startPostgres(options: Options): Promise<LocalPostgres> {
  refuseForeignHome(options.home);
  mkdirSync(options.home, { recursive: true });
  const home = realpathSync(options.home);
  const place = placeFor(home, options.log, options.rootData);
  const server: pg.Server = { ...place, data: join(place.folder, "data"), password: keepPassword(place, home) };
  await pg.initialise(server, options.settings?.["fsync"] === "off");

  const { port, owner } = await claim(server, options);
  const release = endWithProcess(server);
  let stopped: Promise<void> | null = null;
  const stop = async () => {
    await pg.shutDown(server); // while the home is still held, so that nobody takes over a server that is about to end
    await owner.end();
    release();
  };
  try {
    await createDatabase(owner);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: (database) => pg.urlOf(server, port, database), port, folder: place.folder, stop: () => (stopped ??= stop()) };
}

/** A running server, taken over or started, and the session that holds it. */
async function claim(server: pg.Server, options: Options): Promise<{ port: number; owner: Client }> {
  let isPasswordNew = false;
  for (const deadline = performance.now() + PATIENCE_MS; ; await wait(100)) {
    const left = await takeOver(server);
    const port = left ?? (await start(server, options));
    const owner = await hold(server, port);
    if (owner === "wrong password") {
      if (left !== null) throw passwordOfAnother(server);
      await pg.shutDown(server); // we have just started it, and nobody without the password can have it
      if (isPasswordNew) throw new Error(`PostgreSQL does not take the password in ${passwordFile(server)}, though it was set`);
      await pg.setPassword(server);
      options.log.info("the database's password was lost or changed: a new one is set");
      isPasswordNew = true;
      continue;
    }
    if (owner && left !== null) options.log.info("an earlier run left PostgreSQL running: it is taken over", { port });
    if (owner) return { port, owner };
    if (performance.now() > deadline)
      throw new Error("another process runs the local world of this home: stop it, or set another PANTHEON_HOME");
  }
}

/** Whoever runs on our data with another password may be in use: it is not ours to stop. */
function passwordOfAnother(server: pg.Server): Error {
  const which = `process ${pg.processOf(server)?.pid ?? "unknown"}`;
  return new Error(
    `the password in ${passwordFile(server)} is not that of the PostgreSQL that runs on ${server.folder}: stop ${which}, then start again`,
  );
}

/** The port of a server that already runs on our data folder, or null when there is none. */
async function takeOver(server: pg.Server): Promise<number | null> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await wait(100)) {
    const left = pg.processOf(server);
    if (!left) return null;
    if ((await pg.answers(server, left.port)) === "ours") return left.port;
    if (performance.now() > deadline) return null; // the number may be another process's by now: PostgreSQL finds out when it starts
  }
}

async function start(server: pg.Server, { port: preferred, settings = {}, log }: Options): Promise<number> {
  let wanted = preferred;
  for (const deadline = performance.now() + PATIENCE_MS; ; wanted = undefined) {
    const port = await freePort(wanted);
    if (wanted !== undefined && port !== wanted) log.info("that port is taken: PostgreSQL listens on another", { wanted, port });
    const failure = await pg.launch(server, port, settings);
    if (failure === null) return port;
    // A second start of this home was first, or somebody took the port meanwhile.
    const other = await takeOver(server);
    if (other !== null) return other;
    const left = pg.processOf(server);
    if (left && (await pg.answers(server, left.port)) === "wrong password") throw passwordOfAnother(server);
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
async function hold(server: pg.Server, port: number): Promise<Client | "wrong password" | null> {
  const owner = pg.clientOf(server, port);
  let isWrong = false;
  try {
    await owner.connect();
    const { rows } = await owner.query<{ mine: boolean }>("select pg_try_advisory_lock(hashtextextended('pantheon home', 0)) as mine");
    if (rows[0]?.mine) return owner;
  } catch (error) {
    isWrong = pg.isWrongPassword(error); // else the server went away between our two connections: its owner stopped it
  }
  await owner.end().catch(() => {});
  return isWrong ? "wrong password" : null;
}

/** The servers that end with this process. */
const mine = new Set<pg.Server>();

/** At this process's end the server is asked to end too, until the returned function is called. */
function endWithProcess(server: pg.Server): () => void {
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
  for (const server of mine) pg.signalEnd(server);
}

/** A signal ends the process here only if nobody else listens for it: a server in front may want to finish its answers first. */
function onSignal(signal: NodeJS.Signals, number: number): void {
  if (process.listenerCount(signal) === 1) process.exit(128 + number);
}

async function createDatabase(owner: Client): Promise<void> {
  const { rowCount } = await owner.query("select from pg_database where datname = $1", [DATABASE]);
  if (rowCount === 0) await owner.query(`create database ${DATABASE}`);
}
