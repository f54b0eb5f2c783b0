// Connections that die: in a process of its own, since what must not happen is that the process ends.

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createDatabase } from "@pantheon/core/db/database.ts";
import { cuttingProxy, type CuttingProxy } from "../support/cutting-proxy.ts";
import type { PoolOrder } from "../support/pool-process.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { quietLog } from "../support/quiet-log.ts";
import { watchServer, type ServerWatch } from "../support/server-watch.ts";

const SCRIPT = fileURLToPath(new URL("../support/pool-process.ts", import.meta.url));

let database: TestDatabase;
let proxy: CuttingProxy;
let server: ServerWatch;
let child: ChildProcess;
beforeAll(async () => {
  database = await freshDatabase();
  proxy = await cuttingProxy(database.url);
  server = await watchServer(database.url);
});
beforeEach(async () => {
  child = fork(SCRIPT, [], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  if ((await ask({ url: proxy.url })) !== "done") throw new Error("the process has not started");
});
afterEach(() => void child.kill());
afterAll(async () => {
  await server.end();
  await proxy.close();
  await database.drop();
});

/** What the process answers, or the news that it has ended. */
async function ask(order: PoolOrder): Promise<string> {
  if (!child.connected) return "the process has ended";
  const done = new AbortController();
  const { signal } = done;
  const ended = once(child, "exit", { signal }).then(() => "the process has ended");
  const answered = once(child, "message", { signal }).then(([answer]) => String(answer));
  try {
    child.send(order);
    return await Promise.race([answered, ended]);
  } finally {
    done.abort();
    await Promise.allSettled([ended, answered]);
  }
}

test("a connection that is closed while it is idle costs nothing", async () => {
  expect(await ask({ sql: "select 1" })).toBe("done");
  expect(await server.killBackends()).toBe(1);
  let heard = "0";
  while (heard === "0") heard = await ask({ lost: true });
  expect(heard).toMatch(/^\d+$/);
  expect(await ask({ sql: "select 1" })).toBe("done");
});

test("a connection that breaks under its statement is a refusal, and never a dead process", async () => {
  const running = ask({ sql: "with s as (select pg_sleep(20)) select from s" });
  await expect.poll(() => sleeping(), { timeout: 20_000 }).toBe(1);
  proxy.away(true);
  expect(await running).toBe("database_unavailable");
  proxy.away(false);
  expect(await ask({ sql: "select 1" })).toBe("done");
});

// What a container that was frozen holds may be sockets that died unnoticed: a statement sent over one waits for nothing.
test("a container that slept uses none of the connections of before", async () => {
  let now = 1_000_000;
  const db = createDatabase({ url: database.url, log: quietLog(), clock: () => now, maxConnections: 1 });
  const connection = async () => (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.query)).rows[0]?.pid;
  try {
    const before = await connection();
    now += 4_000;
    expect(await connection()).toBe(before);
    now += 6_000;
    const after = await connection();
    expect(after).not.toBe(before);
    now -= 3_600_000; // set back, nobody knows how long it slept
    expect(await connection()).not.toBe(after);
  } finally {
    await db.close();
  }
});

/** How many statements are asleep on the server. */
async function sleeping(): Promise<number> {
  const watch = createDatabase({ url: database.url, log: quietLog(), clock: Date.now, maxConnections: 1 });
  try {
    const { rows } = await sql<{ asleep: string }>`
      select count(*) as asleep from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`.execute(watch.query);
    return Number(rows[0]?.asleep);
  } finally {
    await watch.close();
  }
}
