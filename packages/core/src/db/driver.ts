// Which driver speaks to the database: Neon's over WebSocket for its hosts, `pg` for any other.

import type { PoolConfig } from "pg";
import { securedDatabaseUrl } from "../config/database-url.ts";
import { errorName, type Log } from "../log.ts";

/** What both drivers have in common, as far as it is used here. */
export type DriverPool = {
  connect(): Promise<DriverClient>;
  end(): Promise<void>;
  on(event: "error" | "connect", listener: (subject: Error & DriverClient) => void): unknown;
};
export type DriverClient = {
  query(...query: unknown[]): Promise<{ rows: unknown[] }>;
  on(event: "error", listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
};

export type DriverOptions = {
  url: string;
  log: Log;
  /** Connections of this process: 2 in a Lambda, more where one process serves many requests. */
  maxConnections: number;
  /** A test may choose. */
  driver?: "pg" | "neon";
};

/** Imports the driver only when the first connection is wanted, so that a bundle carries both and loads one. */
export async function openPool({ url, log, maxConnections, driver }: DriverOptions, connectionTimeoutMillis: number): Promise<DriverPool> {
  const neon = (driver ?? (isNeon(url) ? "neon" : "pg")) === "neon";
  const { Pool, types } = neon ? await import("@neondatabase/serverless") : (await import("pg")).default;
  const getTypeParser = (oid: number, format?: "text" | "binary") =>
    oid === types.builtins.DATE ? (text: string) => text : types.getTypeParser(oid, format); // a date is a day, not an instant
  const config: PoolConfig = {
    connectionString: neon ? url : securedDatabaseUrl(url), // Neon's speaks over wss alone
    max: maxConnections,
    connectionTimeoutMillis,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    application_name: "pantheon",
  };
  const pool = new Pool({ ...config, types: { getTypeParser } }) as DriverPool;
  // A connection that dies while idle, or while it is checked out, must end as a refused statement and never as a dead process.
  const note = (error: Error) => log.warn("database connection lost", { error: errorName(error) });
  pool.on("error", note);
  pool.on("connect", (client) => client.on("error", note));
  return pool;
}

function isNeon(url: string): boolean {
  return new URL(url).hostname.endsWith(".neon.tech");
}
