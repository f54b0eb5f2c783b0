// A database that is silent, full, read-only or gone for a moment: what a request is told, and that the container goes on alone.

import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import { prepared } from "@pantheon/core/db/prepared.ts";
import { givenContainer, type Container } from "../support/container.ts";
import { cuttingProxy, type CuttingProxy } from "../support/cutting-proxy.ts";
import { givenCredits, givenSession } from "../support/given.ts";
import { debitsOf, lapse, turnsOf, walletOf } from "../support/ledger.ts";
import { quietLog } from "../support/quiet-log.ts";
import { watchServer, type ServerWatch } from "../support/server-watch.ts";
import { silentProxy, type SilentProxy } from "../support/silent-proxy.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let silence: SilentProxy;
let knife: CuttingProxy;
let server: ServerWatch;
let users = 0;
let user: string;
let session: string;
const open: { close(): Promise<void> }[] = [];
const roles: string[] = [];

beforeAll(async () => {
  world = await testWorld();
  [silence, knife, server] = await Promise.all([
    silentProxy(world.databaseUrl),
    cuttingProxy(world.databaseUrl),
    watchServer(world.databaseUrl),
  ]);
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  await givenCredits(world, user, "10");
});
afterAll(async () => {
  for (const thing of open) await thing.close();
  for (const role of roles) await sql.raw(`drop role ${role}`).execute(world.owner.query);
  await Promise.all([silence.close(), knife.close(), server.end()]);
  await world.end();
});

function containerAt(databaseUrl: string, maxConnections = 2): Container {
  const container = givenContainer(world, { config: { databaseUrl }, maxConnections });
  open.push(container);
  return container;
}

function databaseAt(url: string, onStatement?: () => void): Database {
  const db = createDatabase({ url, log: quietLog(), clock: Date.now, maxConnections: 1, ...(onStatement && { onStatement }) });
  open.push(db);
  return db;
}

function expectAway(answer: Answer): void {
  expect(answer).toMatchObject({ status: 503, json: { code: "database_unavailable" } });
  expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
}

test("a turn whose connection has gone silent is run over a new one, once", async () => {
  const container = containerAt(silence.url);
  expect((await container.turn(session, { user })).status).toBe(201);
  silence.fallSilent(false);
  expect((await container.turn(session, { user, key: "k" })).status).toBe(201);
  expect(await debitsOf(world, user)).toHaveLength(2);
});

test("a turn whose database is silent altogether is answered 503, and runs when it speaks again", async () => {
  const container = containerAt(silence.url);
  expect((await container.turn(session, { user })).status).toBe(201);
  silence.fallSilent(true);
  const calls = world.provider.calls();
  expectAway(await container.turn(session, { user, key: "k" }));
  expect(world.provider.calls()).toBe(calls);
  silence.speakAgain();
  expect((await container.turn(session, { user, key: "k" })).status).toBe(201);
  expect(await debitsOf(world, user)).toHaveLength(2);
});

test("a settle whose connection goes silent is booked over a new one, once", async () => {
  const container = containerAt(silence.url);
  expect((await container.turn(session, { user })).status).toBe(201);
  world.provider.behave("openai/gpt-4o-mini", "fake-slow-500");
  const running = container.turn(session, { user });
  while ((await turnsOf(world, user)).length < 2);
  silence.fallSilent(false);
  expect((await running).status).toBe(201);
  world.provider.behave("openai/gpt-4o-mini", null);
  expect(await debitsOf(world, user)).toHaveLength(2);
  expect(container.log.counted("lost_revenue")).toBe(0);
});

test("a settle that finds its database silent is answered before the function's time is over, and charges at most once", async () => {
  const container = containerAt(silence.url);
  expect((await container.turn(session, { user })).status).toBe(201);
  world.provider.behave("openai/gpt-4o-mini", "fake-slow-500");
  const running = container.turn(session, { user, key: "k", timeLeftMs: 6_000 });
  while ((await turnsOf(world, user)).length < 2);
  silence.fallSilent(true);
  expect(await running).toMatchObject({ status: 503, json: { code: "out_of_time" } });
  world.provider.behave("openai/gpt-4o-mini", null);
  silence.speakAgain();
  await lapse(world, user);
  expect((await container.turn(session, { user, key: "k" })).status).toBe(201);
  expect(await debitsOf(world, user)).toHaveLength(2);
});

test("a read whose connection dies under it is asked again on a new one; what locks or changes is not", async () => {
  let sent = 0;
  const db = databaseAt(knife.url, () => (sent += 1));
  const read = () => sql<{ answer: number }>`select 42 as answer, 'marked_read'`.execute(db.query);
  await read();
  for (const when of ["before", "after"] as const) {
    knife.cut(when, "marked_read");
    sent = 0;
    expect((await read()).rows).toMatchObject([{ answer: 42 }]);
    expect(sent).toBe(2);
  }
  const lock = () => sql`select balance, 'marked_lock' from credit_wallets where user_id = ${user} for update`.execute(db.query);
  const change = prepared<{ user: string }, object>("marked_change", (p) => sql`update users set email = null where id = ${p.user}::text`);
  for (const [marked, ask] of [
    ["marked_lock", lock],
    ["marked_change", () => db.run(change, { user })],
  ] as const) {
    knife.cut("before", marked);
    sent = 0;
    await expect(ask()).rejects.toMatchObject({ code: "database_unavailable" });
    expect(sent).toBe(1);
  }
});

test("a read whose database is gone when it is asked again is refused as away, and the next one is answered", async () => {
  const db = databaseAt(knife.url);
  const read = () => sql<{ answer: number }>`select 42 as answer, 'marked_read'`.execute(db.query);
  await read();
  knife.cut("before", "marked_read", 1, () => knife.away(true));
  await expect(read()).rejects.toMatchObject({ code: "database_unavailable" });
  knife.away(false);
  expect((await read()).rows).toMatchObject([{ answer: 42 }]);
});

test("connections that are killed while idle cost the next request nothing", async () => {
  const container = containerAt(world.databaseUrl);
  for (let round = 0; round < 5; round += 1) {
    expect((await container.turn(session, { user })).status).toBe(201);
    await server.killBackends();
  }
});

test("a server that takes no more connections is 503 for some, loses nothing, and is there again by itself", async () => {
  const few = await givenRole("connection limit 3");
  const container = containerAt(few.url, 20);
  const sessions = await Promise.all(Array.from({ length: 40 }, () => givenSession(world, user)));
  const answers = await Promise.all(sessions.map((id, index) => container.turn(id, { user, key: `k${index}` })));
  for (const answer of answers) if (answer.status !== 201) expectAway(answer);
  await lapse(world, user);
  for (const [index, id] of sessions.entries()) expect((await container.turn(id, { user, key: `k${index}` })).status).toBe(201);
  expect(await debitsOf(world, user)).toHaveLength(40);
  expect((await walletOf(world, user)).held).toBe("0.00000000");
});

test("a database that takes no writes is 503, writes nothing, and is there again by itself", async () => {
  const reader = await givenRole("connection limit -1");
  const container = containerAt(reader.url);
  await reader.alter("set default_transaction_read_only = on");
  expectAway(await container.turn(session, { user, key: "k" }));
  expect(await turnsOf(world, user)).toEqual([]);
  await reader.alter("reset default_transaction_read_only");
  await server.killBackends(); // what was connected keeps what it was given
  expect((await container.turn(session, { user, key: "k" })).status).toBe(201);
});

/** Another login of the application, and the database's address for it. */
async function givenRole(options: string): Promise<{ url: string; alter(what: string): Promise<void> }> {
  const name = `role_${crypto.randomUUID().slice(0, 8)}`;
  await sql.raw(`create role ${name} login password 'test' ${options} in role pantheon_app`).execute(world.owner.query);
  roles.push(name);
  const url = new URL(world.databaseUrl);
  url.username = name;
  url.password = "test";
  return {
    url: url.href,
    alter: async (what) => {
      await sql.raw(`alter role ${name} ${what}`).execute(world.owner.query);
    },
  };
}
