// The database as the core sees it: typed queries through Kysely, and prepared statements. Owns the choice of driver, the pool and its
// rotation, and the translation of "the database is away" into a refusal. Knows no table.

import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import type { PoolConfig } from "pg";
import type { Log } from "../log.ts";
import type { Clock } from "../time.ts";
import type { Prepared } from "./prepared.ts";
import type { Schema } from "./schema.ts";
import { isConnectionLost, translateDatabaseError } from "./unavailable.ts";

export type Database = {
  /** Typed queries. No change of money goes through here: those stand in `statements/`. */
  readonly query: Kysely<Schema>;
  /** Runs one prepared statement, autocommitted. Throws `database_unavailable`, or the driver's error with its SQLSTATE. */
  run<Input extends object, Row>(statement: Prepared<Input, Row>, input: Input): Promise<Row[]>;
  close(): Promise<void>;
};

export type DatabaseOptions = {
  url: string;
  log: Log;
  clock: Clock;
  /** Connections of this process: 2 in a Lambda, more where one process serves many requests. */
  maxConnections: number;
  /** Neon hosts get Neon's WebSocket driver, any other host `pg`. A test may choose. */
  driver?: "pg" | "neon";
  /** A statement may take this long; commands that look at everything need more than a request. */
  queryTimeoutMs?: number;
  /** Called for every statement that goes to the server: how a caller counts round trips. */
  onStatement?: () => void;
};

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 8_000;
/** A container that slept longer than this may hold sockets that died meanwhile: it starts with a new pool. */
const STALE_AFTER_MS = 5_000;

export function createDatabase(options: DatabaseOptions): Database {
  const pool = rotatingPool(options);
  const query = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return {
    query,
    async run<Input extends object, Row>(statement: Prepared<Input, Row>, input: Input): Promise<Row[]> {
      const client = await pool.connect();
      try {
        return await client.named<Row>({ name: statement.name, text: statement.text, values: statement.values(input) });
      } finally {
        client.release();
      }
    },
    close: () => query.destroy().then(() => pool.end()),
  };
}

/** What both drivers have in common, as far as it is used here. */
type Pool = {
  connect(): Promise<Client>;
  end(): Promise<void>;
  on(event: "error" | "connect", listener: (subject: Error & Client) => void): unknown;
};
type Client = {
  query(...query: unknown[]): Promise<{ rows: unknown[] }>;
  on(event: "error", listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
};
type NamedQuery = { name: string; text: string; values: unknown[] };
type GuardedClient = PostgresPoolClient & { named<Row>(query: NamedQuery): Promise<Row[]> };
type RotatingPool = Omit<PostgresPool, "connect"> & { connect(): Promise<GuardedClient> };

/** A pool that is replaced when nothing has used it for a while; the old one closes once its last connection came back. */
function rotatingPool(options: DatabaseOptions): RotatingPool {
  let current: Promise<Pool> | null = null;
  let lastUsed = 0;
  const config = poolConfig(options);
  const touch = () => (lastUsed = options.clock());

  const pool = (): Promise<Pool> => {
    if (current && options.clock() - lastUsed > STALE_AFTER_MS) {
      void closeQuietly(current, options.log);
      current = null;
    }
    touch();
    current ??= openPool(options, config);
    return current;
  };

  return {
    options: config,
    async connect() {
      try {
        return guardClient(await (await pool()).connect(), touch, options.onStatement);
      } catch (error) {
        throw translateDatabaseError(error);
      }
    },
    async end() {
      const open = current;
      current = null;
      if (open) await closeQuietly(open, options.log);
    },
  };
}

function poolConfig(options: DatabaseOptions): PoolConfig {
  return {
    connectionString: options.url,
    max: options.maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: options.queryTimeoutMs ?? QUERY_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    application_name: "pantheon",
  };
}

/** Imports the driver only when the first connection is wanted, so that a bundle carries both and loads one. */
async function openPool(options: DatabaseOptions, config: PoolConfig): Promise<Pool> {
  const driver = options.driver ?? (isNeon(options.url) ? "neon" : "pg");
  const { Pool: PoolOf, types } = driver === "neon" ? await import("@neondatabase/serverless") : (await import("pg")).default;
  const getTypeParser = (oid: number, format?: "text" | "binary") =>
    oid === types.builtins.DATE ? (text: string) => text : types.getTypeParser(oid, format); // a date is a day, not an instant
  const pool = new PoolOf({ ...config, types: { getTypeParser } }) as Pool;
  // A connection that dies while idle, or while it is checked out, must end as a refused statement and never as a dead process.
  const note = (error: Error) => options.log.warn("database connection lost", { error: error.message });
  pool.on("error", note);
  pool.on("connect", (client) => client.on("error", note));
  return pool;
}

function isNeon(url: string): boolean {
  return new URL(url).hostname.endsWith(".neon.tech");
}

/** Translates errors, and drops a connection whose last statement ended without the server's word: its socket cannot be trusted. */
function guardClient(client: Client, touch: () => void, onStatement: (() => void) | undefined): GuardedClient {
  let broken = false;
  const query = async (...args: unknown[]) => {
    onStatement?.();
    try {
      return await client.query(...args);
    } catch (error) {
      broken ||= isConnectionLost(error);
      throw translateDatabaseError(error);
    } finally {
      touch();
    }
  };
  return {
    query: query as PostgresPoolClient["query"],
    named: async <Row>(statement: NamedQuery) => (await query(statement)).rows as Row[],
    release: (destroy?: boolean) => client.release(destroy ?? broken),
  };
}

async function closeQuietly(pool: Promise<Pool>, log: Log): Promise<void> {
  try {
    await (await pool).end();
  } catch (error) {
    log.warn("pool did not close", { error: String(error) });
  }
}
