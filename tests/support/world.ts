// A whole local world of one's own for a test: fresh database, provider, issuer, every function behind one real port.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { NO_PATIENCE } from "@pantheon/core/ledger/invariants/invariant.ts";
import { startWorld, type World, type WorldOptions } from "@pantheon/local/world.ts";
import { quietLog, type QuietLog } from "./quiet-log.ts";
import { freshDatabase } from "./postgres.ts";

export type Answer = { status: number; headers: Headers; text: string; json: Json };
/** Looked into freely by tests, where every look is an assertion. */
export type Json = ReturnType<typeof JSON.parse>;

export type TestWorld = World & {
  readonly log: QuietLog;
  /** The database as its owner: for what a test plants or breaks, and the product may not. */
  readonly owner: Database;
  /** One raw call over HTTP: for bad bytes, stray headers, and responses that are looked at whatever they are. `user: null` sends no token. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Asserts every ledger invariant, with nothing under way. Called by `end` too. */
  assertLedger(): Promise<void>;
  /** Asserts the ledger, stops everything and drops the database. */
  end(): Promise<void>;
};

export type CallOptions = {
  user?: string | null;
  body?: unknown;
  key?: string;
  headers?: Record<string, string>;
  raw?: string | Uint8Array<ArrayBuffer>;
};

export async function testWorld(
  options: Partial<Pick<WorldOptions, "environment" | "stage" | "models" | "driver" | "maxConnections" | "site">> = {},
): Promise<TestWorld> {
  const database = await freshDatabase();
  const home = await mkdtemp(join(tmpdir(), "pantheon-world-"));
  const log = quietLog();
  const world = await startWorld({ environment: {}, ...options, home, port: 0, databaseUrl: database.url, log });
  const owner = createDatabase({ url: world.ownerUrl, log, clock: Date.now, maxConnections: 4 });
  const assertLedger = async () => {
    const counts = await checkInvariants(world.deps.db, NO_PATIENCE);
    expect(counts.filter(({ broken }) => broken !== 0)).toEqual([]);
  };
  return {
    ...world,
    log,
    owner,
    call: (method, path, call = {}) => request(world, method, path, call),
    assertLedger,
    end: async () => {
      try {
        await assertLedger();
      } finally {
        await world.stop();
        await owner.close();
        await database.drop();
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}

const tokens = new Map<string, Promise<string>>();

async function request(
  world: World,
  method: string,
  path: string,
  { user = "ada", body, key, headers, raw }: CallOptions,
): Promise<Answer> {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const id = `${world.apiUrl} ${user}`;
  if (user !== null && !tokens.has(id)) tokens.set(id, world.issuer.token({ user }));
  const response = await fetch(`${world.apiUrl}${path}`, {
    method,
    headers: {
      ...(user !== null && { Authorization: `Bearer ${await tokens.get(id)}` }),
      ...(payload !== undefined && { "Content-Type": "application/json" }),
      ...(key !== undefined && { "Idempotency-Key": key }),
      ...headers,
    },
    ...(payload !== undefined && { body: payload }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
}
