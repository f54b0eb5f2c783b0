// One container through a rotation: what was built before serves its requests to their end and is then closed, while new ones already
// have the new; and requests that overlap build one thing.

import { sql } from "kysely";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { createContainer, NotConfigured, type Container } from "@pantheon/edge/lambda/container.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { quietLog } from "../support/quiet-log.ts";
import { startSecrets, type StandInSecrets } from "../support/secrets-manager.ts";

const NAME = "pantheon/test/container";
const LIMIT_MS = 5 * 60 * 1_000;
const before = { ...process.env };

let aws: StandInSecrets;
let database: TestDatabase;
let now: number;

beforeAll(async () => {
  [aws, database] = await Promise.all([startSecrets(NAME), freshDatabase()]);
});
beforeEach(() => {
  now = Date.now();
  aws.set({ DATABASE_URL: database.url, AUTH_JWT_SECRET: "canary".repeat(6) });
  process.env = {
    ...before,
    STAGE: "test",
    SECRET_ID: NAME,
    AUTH_ISSUER: "https://auth.example",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
});
afterEach(() => {
  process.env = before;
});
afterAll(async () => {
  await Promise.all([aws.close(), database.drop()]);
});

const rotated = (): void => {
  aws.set({ DATABASE_URL: database.url, AUTH_JWT_SECRET: "another canary".repeat(3) });
  now += LIMIT_MS;
};

function given<Built>(build: (deps: Deps) => Built): Container<Built> {
  return createContainer({
    name: "test",
    connect: (surroundings) => createDeps({ ...surroundings, maxConnections: 2 }),
    build,
    clock: () => now,
    log: quietLog(),
  });
}

async function one(deps: Deps): Promise<number> {
  const { rows } = await sql<{ one: number }>`select 1 as one`.execute(deps.db.query);
  return rows[0]?.one ?? 0;
}

/** How many connections there are to the database. */
async function connections(): Promise<number> {
  const client = new Client({ connectionString: inject("postgres").adminUrl });
  await client.connect();
  const { rows } = await client.query("select 1 from pg_stat_activity where datname = $1", [new URL(database.url).pathname.slice(1)]);
  await client.end();
  return rows.length;
}

it("requests that overlap share what one of them built, and it stays until something changed", async () => {
  let built = 0;
  const container = given((deps) => ({ deps, number: (built += 1) }));
  expect(built).toBe(0);
  const numbers = await Promise.all(Array.from({ length: 20 }, () => container.use(async ({ number }) => number)));
  now += LIMIT_MS; // read again, and nothing changed
  numbers.push(await container.use(async ({ number }) => number));
  expect(new Set(numbers)).toEqual(new Set([1]));
  rotated();
  expect(await container.use(async ({ number }) => number)).toBe(2);
  await container.use(({ deps }) => deps.db.close());
});

it("a request that was running when the secrets changed ends with what it had; then that is closed", async () => {
  const container = given((deps) => deps);
  const [begun, go] = [Promise.withResolvers<Deps>(), Promise.withResolvers<void>()];
  const running = container.use(async (deps) => {
    await one(deps);
    begun.resolve(deps);
    await go.promise;
    return one(deps);
  });
  const old = await begun.promise;
  rotated();
  expect(
    await container.use(async (deps) => [await one(deps), deps === old, deps.config.auth.jwtSecret === old.config.auth.jwtSecret]),
  ).toEqual([1, false, false]);
  expect(await connections()).toBe(2);
  go.resolve();
  expect(await running).toBe(1);
  await expect.poll(connections).toBe(1);
  expect(await container.use((deps) => one(deps))).toBe(1);
  await container.use((deps) => deps.db.close());
});

it("a failure of the work is the work's own, and what is not configured says so before any work", async () => {
  const container = given((deps) => deps);
  await expect(container.use(() => Promise.reject(new RangeError("mine")))).rejects.toThrow(RangeError);
  delete process.env["AUTH_ISSUER"];
  const unready = given((deps) => deps);
  let ran = false;
  await expect(unready.use(async () => (ran = true))).rejects.toThrow(NotConfigured);
  expect(ran).toBe(false);
});
