// Which commits are on disk before anybody goes on. A server that waits for a standby that does not exist tells them apart exactly: a
// commit that must be safe waits for ever, one that need not be does not wait at all.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "@pantheon/local/world.ts";
import { quietLog } from "../support/quiet-log.ts";

let home: string;
let world: World;
let server: Client;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pantheon-durability-"));
  world = await startWorld({ home, port: 0, databaseUrl: null, environment: {}, log: quietLog() });
  server = new Client({ connectionString: world.ownerUrl });
  await server.connect();
}, 120_000);
afterAll(async () => {
  await waitForNobody();
  await server.end();
  await world.stop();
  await rm(home, { recursive: true, force: true });
});

async function waitForNobody(): Promise<void> {
  await server.query("alter system reset synchronous_standby_names");
  await server.query("select pg_reload_conf()");
}

async function waitForAStandbyThatIsNotThere(): Promise<void> {
  await server.query("alter system set synchronous_standby_names = 'nobody'");
  await server.query("select pg_reload_conf()");
  await expect
    .poll(async () => (await server.query("show synchronous_standby_names")).rows)
    .toEqual([{ synchronous_standby_names: "nobody" }]);
}

/** How many commits wait for the disk. */
async function waiting(): Promise<number> {
  const { rows } = await server.query("select from pg_stat_activity where wait_event = 'SyncRep'");
  return rows.length;
}

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${world.apiUrl}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${await world.issuer.token({ user: "ada" })}`, "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

test("the model is asked before the turn is on disk, and nothing is answered before its charge is", async () => {
  const { id } = (await (await call("POST", "/sessions", { model_alias: "gpt-4o-mini" })).json()) as { id: string };
  await waitForAStandbyThatIsNotThere();
  const before = world.provider.calls();
  let answered = false;
  expect(await waiting()).toBe(0);
  const turn = call("POST", `/sessions/${id}/turns`, { message: "hello" }).finally(() => (answered = true));

  await expect.poll(() => world.provider.calls() - before, { timeout: 5_000 }).toBe(1);
  await expect.poll(waiting, { timeout: 5_000 }).toBe(1);
  expect(answered).toBe(false);

  await waitForNobody();
  expect((await turn).status).toBe(201);
});

test("a hold is on disk before somebody is told its id", async () => {
  await call("POST", "/sessions", {});
  await waitForAStandbyThatIsNotThere();
  let answered = false;
  const hold = call("POST", "/holds", { model_alias: "default", input_tokens: 10, max_output_tokens: 10 }).finally(() => (answered = true));
  await expect.poll(waiting, { timeout: 5_000 }).toBe(1);
  expect(answered).toBe(false);
  await waitForNobody();
  const { id } = (await (await hold).json()) as { id: string };
  expect((await call("DELETE", `/holds/${id}`)).status).toBe(204);
});
