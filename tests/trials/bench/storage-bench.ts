// `node tests/trials/bench/storage-bench.ts [--turns N]`: what a turn leaves in the database, by table, as the product itself writes it. Sizes travel
// between machines, for the same PostgreSQL and the same texts; docs/scale.md multiplies them. Then what the admin's summary costs as the rollup
// grows by users and days: times are this machine's, their ratio travels. Nothing is asserted.

import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Pool } from "pg";
import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { readConfig } from "@pantheon/core/config/config.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import type { Schema } from "@pantheon/core/db/schema/schema.ts";
import { createSession } from "@pantheon/core/turns/statements/session.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { ModelEvent } from "@pantheon/core/models/attempts.ts";
import { createGateway, type ModelCall } from "@pantheon/core/models/gateway.ts";
import { readSummary } from "@pantheon/core/reports/summary.ts";
import { runTurn } from "@pantheon/core/turns/run.ts";
import { randomFrom } from "../../support/random.ts";
import { quiet, withBenchDatabase } from "./bench-database.ts";

/** Octets of what a user says and of what a model answers. A reader with other texts changes these two. */
const TEXTS = { message: 300, answer: 1_200 };
const TURNS_A_SESSION = 5;
/** Turns of one user on one day: a row of the rollup a user, alias and day. */
const TURNS_A_USER = 10;
const CLIENTS = 4;
const random = randomFrom(1);
/** Prose compresses about as words of a small vocabulary in no order do. */
const VOCABULARY = Array.from({ length: 4_000 }, () =>
  Array.from({ length: 2 + Math.floor(random() * 8) }, () => String.fromCodePoint(97 + Math.floor(random() * 26))).join(""),
);
const ROLLUP_ROWS = [100_000, 1_000_000];
const TABLES = ["turns", "llm_call_events", "credit_transactions", "usage_daily", "credit_wallets", "sessions", "users"] as const;

const { values } = parseArgs({ options: { turns: { type: "string", default: "40000" } } });
const turns = Number(values.turns);
await withBenchDatabase({ fsync: "off", max_wal_size: "4GB", full_page_writes: "off" }, bench);

async function bench(url: string): Promise<void> {
  const config = readConfig({ DATABASE_URL: url, AUTH_ISSUER: "https://issuer.invalid" });
  const whole = createDeps({ config, log: quiet, clock: Date.now, maxConnections: CLIENTS });
  const gateway = { ...createGateway({ keys: {}, log: quiet, clock: Date.now, ticks: whole.ticks }), stream };
  const deps = { ...whole, gateway };
  const pool = new Pool({ connectionString: url, max: 1 }); // without a time limit
  pool.on("error", () => {}); // at the end the server may be gone before the connection is
  const looks = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    const before = await written(looks);
    await Promise.all(Array.from({ length: CLIENTS }, () => client(deps, turns / CLIENTS)));
    const wal = (await written(looks)) - before;
    await sql`vacuum analyze`.execute(looks); // as the server does by itself a little later
    process.stdout.write(`${await sizes(looks, wal)}\n${await summaries(looks, deps)}\n`);
  } finally {
    await looks.destroy();
    await deps.db.close();
  }
}

/** Users one after the other, each with a day's turns. */
async function client(deps: Deps, count: number): Promise<void> {
  for (let done = 0; done < count; done += TURNS_A_USER) {
    const user = newId();
    for (let session = 0; session < TURNS_A_USER / TURNS_A_SESSION; session += 1) await oneSession(deps, user);
  }
}

async function oneSession(deps: Deps, user: string): Promise<void> {
  const session = newId();
  const nothing = {
    email: null,
    title: null,
    systemPrompt: null,
    tools: [],
    autoAliases: null,
    key: null,
    requestHash: null,
    mostSessions: 10_000,
    mostBytes: 1_000,
  };
  const made = { session, wallet: user, actor: user, modelAlias: "default", createdAt: new Date(), status: 201, body: "" };
  await deps.db.run(createSession, { ...nothing, ...made });
  for (let turn = 0; turn < TURNS_A_SESSION; turn += 1) {
    await runTurn(deps, {
      caller: inPerson(user),
      session,
      key: { value: newId(), hash: "0".repeat(64) },
      message: words(TEXTS.message),
      alias: null,
      auto: false,
      maxOutputTokens: 2_048,
      requestId: newId(),
      fitToBalance: null,
      sampling: {},
      replaces: null,
      deadline: deps.ticks() + 60_000,
    });
  }
}

/** A model that answers at once. */
async function* stream({ model }: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  const tokens = { fresh: 300, cacheRead: 600, cacheWrite: null, cacheWriteHour: null, output: 300, reasoning: null, total: 1_200 };
  yield { type: "route", route: model.routes[0], attempts: [] };
  yield { type: "named", requestId: `gen-${newId()}`, model: "openai/gpt-4o-mini" };
  yield { type: "text", text: words(TEXTS.answer) };
  yield { type: "finish", reason: "stop" };
  yield { type: "usage", report: { ...tokens, providerCostUsd: "0.000315", faults: [] } };
}

function words(octets: number): string {
  let text = "";
  while (text.length < octets) text += `${VOCABULARY[Math.floor(random() * VOCABULARY.length)]} `;
  return text.slice(0, octets);
}

/** Octets of write-ahead log so far. */
async function written(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ octets: string }>`select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as octets`.execute(db);
  return Number(rows[0]?.octets);
}

async function sizes(db: Kysely<Schema>, wal: number): Promise<string> {
  const table = new Table({ head: ["table", "rows", "octets a row", "indexes, a row", "octets a turn"], style: { head: [], border: [] } });
  let total = 0;
  for (const name of TABLES) {
    const { rows } = await sql<{ rows: string; heap: string; indexes: string }>`
      select (select count(*) from ${sql.table(name)}) as rows, pg_table_size(${name}::regclass) as heap, pg_indexes_size(${name}::regclass) as indexes
    `.execute(db);
    const [count, heap, indexes] = [Number(rows[0]?.rows), Number(rows[0]?.heap), Number(rows[0]?.indexes)];
    total += heap + indexes;
    table.push([name, count, Math.round(heap / count), Math.round(indexes / count), Math.round((heap + indexes) / turns)].map(String));
  }
  table.push(["all of them", "", "", "", String(Math.round(total / turns))]);
  table.push(["write-ahead log", "", "", "", String(Math.round(wal / turns))]);
  return table.toString();
}

/** The summary by day, over a rollup of a hundred days: fastest of three. */
async function summaries(looks: Kysely<Schema>, { db }: Deps): Promise<string> {
  const table = new Table({ head: ["rows of usage_daily", "summary by day, ms"], style: { head: [], border: [] } });
  for (const rows of ROLLUP_ROWS) {
    await sql`
      insert into usage_daily (day, user_id, model_alias, calls, credits_burned)
      select date '2026-01-01' + n % 100, 'rollup-' || n / 100, 'default', 10, 1 from generate_series(1, ${rows}::int) n on conflict do nothing`.execute(
      looks,
    );
    await sql`vacuum analyze usage_daily`.execute(looks);
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 3; run += 1) {
      const began = performance.now();
      await readSummary({ ...db, query: db.report }, { user: null, alias: null, key: null, range: { from: null, to: null } }, "day");
      best = Math.min(best, performance.now() - began);
    }
    table.push([rows.toLocaleString("en"), best.toFixed(0)]);
  }
  return table.toString();
}
