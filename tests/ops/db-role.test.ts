// `npm run db:role` as an owner runs it: a child process on a database and a server of their own, whose owner is no superuser, as on Neon.

import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres, type LocalPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";
import { PROJECT } from "../support/project-files.ts";
import { quietLog } from "../support/quiet-log.ts";

let home: string;
let server: LocalPostgres;
let ownerUrl: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pantheon-role-"));
  await chmod(home, 0o755); // under root the server runs as another user, who must be able to enter
  server = await startPostgres({ home, settings: { fsync: "off" }, log: quietLog() });
  const superuser = await connected(server.url("postgres"));
  await superuser.query("create role neon_like login createrole createdb password 'owner'");
  await superuser.query("create database owned owner neon_like");
  await superuser.end();
  ownerUrl = as("neon_like", "owner");
});
afterAll(async () => {
  await server.stop();
  await rm(home, { recursive: true, force: true });
});

function as(user: string, password: string): string {
  const url = new URL(server.url("owned"));
  Object.assign(url, { username: user, password });
  return url.href;
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

function run(command: string, env: Record<string, string>, ...args: string[]): { status: number | null; out: string; err: string } {
  const script = join(PROJECT, "packages/ops/src", `${command}.ts`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8", env: { NO_COLOR: "1", ...env } });
  return { status, out: stdout.trim(), err: stderr.trim() };
}

test("an owner who may make roles migrates, makes the login of an address, and renews it under another name", async () => {
  const owner = { MIGRATION_DATABASE_URL: ownerUrl };
  const early = run("db-role", { ...owner, DATABASE_POOL_URL: as("web", "first") });
  expect([early.status, early.err]).toEqual([1, 'db:role: role "pantheon_app" does not exist']);
  expect(run("migrate", owner)).toMatchObject({ status: 0, err: "" });

  const address = as("web", "a long password, 'quoted'");
  const made = run("db-role", { ...owner, DATABASE_POOL_URL: address });
  expect(made).toEqual({ status: 0, out: "web may do what the application does, and no more", err: "" });
  expect(run("ledger-verify", { DATABASE_URL: address }).out).toMatch(/✓ │ role = web /);

  const renewed = run("db-role", { ...owner, DATABASE_POOL_URL: address }, "--new", "web_2");
  expect([renewed.status, new URL(renewed.out).username, renewed.out.includes("quoted")]).toEqual([0, "web_2", false]);
  expect(run("ledger-verify", { DATABASE_URL: renewed.out }).out).toMatch(/✓ │ role = web_2 /);
  const client = await connected(renewed.out);
  await expect(client.query("delete from credit_transactions")).rejects.toMatchObject({ code: "42501" });
  await client.end();
});

test.each([
  ["no address of the owner", { MIGRATION_DATABASE_URL: "" }, /^db:role: MIGRATION_DATABASE_URL must be an address/],
  ["no address to be", { DATABASE_POOL_URL: "" }, /^db:role: DATABASE_POOL_URL must be an address/],
  ["no password in it", { DATABASE_POOL_URL: "postgres://web@127.0.0.1/x" }, /^db:role: DATABASE_POOL_URL names no user, or no password$/],
  ["the owner's own name in it", { DATABASE_POOL_URL: "postgres://neon_like:x@127.0.0.1/x" }, /must not be the owner's$/],
])("%s is one line, without a password", (_what, env, line) => {
  const given = { MIGRATION_DATABASE_URL: ownerUrl, DATABASE_POOL_URL: as("web", "hunter2"), ...env };
  const { status, out, err } = run("db-role", given);
  expect([status, out]).toEqual([1, ""]);
  expect(err).toMatch(line);
  expect(err).not.toContain("hunter2");
});
