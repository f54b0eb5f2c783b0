// The pool of one container: when it is replaced by a new one, and how long a server that does not take a connection is waited for.

import type { PostgresPool } from "kysely";
import pRetry from "p-retry";
import { errorName, type Log } from "../log.ts";
import { elapsed, type Clock } from "@pantheon/contract/time.ts";
import { openPool, type DriverClient, type DriverOptions, type DriverPool } from "./driver.ts";
import { borrow, READ_TIMEOUT_MS, type Borrowed } from "./connection.ts";
import { connectionMayComeBack, translateDatabaseError } from "./unavailable.ts";

export type PoolOptions = DriverOptions & {
  clock: Clock;
  /** Called for every statement that goes to the server: how a caller counts round trips. */
  onStatement?: () => void;
};

export type RotatingPool = Omit<PostgresPool, "connect"> & {
  connect(): Promise<Borrowed>;
  /** The same connections for reads that may take longer. */
  patient(readTimeoutMs: number): PostgresPool;
};

const CONNECT_TIMEOUT_MS = 5_000;
/** Right after the server fell silent; what is left of the 8 s that a caller waits at most (connection.ts). */
const RECONNECT_TIMEOUT_MS = 2_500;
/** A container that slept longer than this may hold sockets that died meanwhile: it starts with a new pool. */
const STALE_AFTER_MS = 5_000;
/** A server that is being restarted refuses connections for a moment, which is worth waiting for. */
const CONNECT_RETRIES = { retries: 4, minTimeout: 60, maxTimeout: 600, randomize: true, maxRetryTime: 1_500 };

/** A pool that is replaced when nothing has used it for a while, or when its server fell silent; the old one closes when all came back. */
export function rotatingPool(options: PoolOptions): RotatingPool {
  let current: Promise<DriverPool> | null = null;
  let lastUsed = 0;
  let wasSilent = false;

  const replace = () => {
    if (current) void closeQuietly(current, options.log);
    current = null;
  };
  const pool = (): Promise<DriverPool> => {
    if (elapsed(options.clock, lastUsed) > STALE_AFTER_MS) replace();
    lastUsed = options.clock();
    current ??= openPool(options, wasSilent ? RECONNECT_TIMEOUT_MS : CONNECT_TIMEOUT_MS);
    return current;
  };
  const lender = {
    borrow: () =>
      pRetry(async () => connect(await pool()), { ...CONNECT_RETRIES, shouldRetry: ({ error }) => connectionMayComeBack(error) }),
    onAnswer: (silent: boolean) => {
      lastUsed = options.clock();
      wasSilent = silent;
      if (silent) replace();
    },
    onStatement: options.onStatement,
  };
  const lend = async (readTimeoutMs: number): Promise<Borrowed> => {
    try {
      return await borrow(lender, readTimeoutMs);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  };
  const end = async (): Promise<void> => {
    const open = current;
    current = null;
    if (open) await closeQuietly(open, options.log);
  };
  return {
    options: {},
    connect: () => lend(READ_TIMEOUT_MS),
    patient: (readTimeoutMs) => ({ options: {}, connect: () => lend(readTimeoutMs), end }),
    end,
  };
}

/** Neon's driver rejects with an event when its socket fails; here a failure is an Error. */
async function connect(pool: DriverPool): Promise<DriverClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw error instanceof Error ? error : new Error("the connection failed", { cause: error });
  }
}

async function closeQuietly(pool: Promise<DriverPool>, log: Log): Promise<void> {
  try {
    await (await pool).end();
  } catch (error) {
    log.warn("pool did not close", { error: errorName(error) });
  }
}
