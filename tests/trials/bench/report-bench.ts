// `node tests/trials/bench/report-bench.ts`: what reports and a user's pages cost as history grows, as ratios within one run. The milliseconds are
// this machine's own; the ratios travel. Reported, not asserted: aims are 1.5 for the summary and 2 for a user's pages.

import { performance } from "node:perf_hooks";
import Table from "cli-table3";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Pool } from "pg";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import type { Schema } from "@pantheon/core/db/schema/schema.ts";
import { exportUsage } from "@pantheon/core/reports/export.ts";
import { readSummary } from "@pantheon/core/reports/summary.ts";
import { listTransactions } from "@pantheon/core/ledger/entries.ts";
import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { readAccount } from "@pantheon/core/accounts/person.ts";
import { seedEvents, spreadCalls } from "../../support/seed-usage.ts";
import { quiet, withBenchDatabase } from "./bench-database.ts";

const FEW_EVENTS = 10_000;
const MANY_EVENTS = 5_000_000;
const BATCH = 250_000;
const FEW_ROWS = 100;
const MANY_ROWS = 1_000_000;
const EXPORTED = { from: "2026-01-01", to: "2026-01-06" }; // a fifth of the events, and so a million of the many
/** 6 000 cells of the rollup, all of them filled by the few events already. */
const SPREAD = { users: 40, days: 30, day: "2026-01-01", aliases: ["default", "gpt-4o", "deepseek", "claude-haiku", "gemini-pro"] };
const RUNS = 200;
const PAGES: readonly (readonly [what: string, read: (db: Database, user: string) => Promise<unknown>])[] = [
  [
    "wallet with its 10 newest",
    async (db, user) => [await readAccount(db, inPerson(user)), await listTransactions(db, user).read(page(10))],
  ],
  ["page of 50 transactions", (db, user) => listTransactions(db, user).read(page(50))],
  ["page of 50 further back", (db, user) => listTransactions(db, user).read({ ...page(50), after: ["51"] })],
];

const EVERYTHING = { user: null, alias: null, key: null, range: { from: null, to: null } };

await withBenchDatabase({ fsync: "off", max_wal_size: "4GB" }, bench);

async function bench(url: string): Promise<void> {
  const db = createDatabase({ url, log: quiet, clock: Date.now, maxConnections: 2 });
  const seeds = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url, max: 1 }) }) }); // no time limit
  const table = new Table({ head: ["median, warm", "few, ms", "many, ms", "ratio"], style: { head: [], border: [] } });
  try {
    await seedSpread(seeds, 1, FEW_EVENTS);
    const few = await summaries(db);
    await seedSpread(seeds, FEW_EVENTS + 1, MANY_EVENTS);
    const many = await summaries(db);
    few.forEach(({ what, ms }, n) => table.push(row(what, ms, many[n]?.ms ?? Number.NaN)));

    for (const [user, rows] of [["few", FEW_ROWS] as const, ["many", MANY_ROWS] as const]) await seedTransactions(seeds, user, rows);
    await sql`vacuum analyze`.execute(seeds);
    for (const [what, read] of PAGES) {
      table.push(
        row(`${what}, ${FEW_ROWS} and ${MANY_ROWS} rows`, await median(() => read(db, "few")), await median(() => read(db, "many"))),
      );
    }
    process.stdout.write(`${table.toString()}\n${await exported(db)}\n`);
  } finally {
    await seeds.destroy();
    await db.close();
  }
}

async function seedSpread(seeds: Kysely<Schema>, first: number, last: number): Promise<void> {
  for (let next = first; next <= last; next += BATCH) {
    await seedEvents(seeds, spreadCalls({ ...SPREAD, first: next, count: Math.min(BATCH, last - next + 1) }));
    await sql`vacuum usage_daily`.execute(seeds); // as the server does by itself under the small updates of single turns
  }
  await sql`vacuum analyze`.execute(seeds);
}

async function summaries(db: Database) {
  const found: { what: string; ms: number }[] = [];
  for (const bucket of [null, "day"] as const) {
    const what = `summary of all time, ${bucket === null ? "no buckets" : "by day"}, ${FEW_EVENTS} and ${MANY_EVENTS} events`;
    found.push({ what, ms: await median(() => readSummary(db, EVERYTHING, bucket)) });
  }
  const own = { ...EVERYTHING, user: "user-7" };
  found.push({ what: "summary of one user, by day", ms: await median(() => readSummary(db, own, "day")) });
  return found;
}

/** A wallet whose `rows` transactions are a chain of small grants. */
async function seedTransactions(seeds: Kysely<Schema>, user: string, rows: number): Promise<void> {
  await sql`
    with w as (insert into credit_wallets (user_id, balance, seq) values (${user}, ${rows}::int * 0.01, ${rows}::int))
    insert into credit_transactions (user_id, seq, kind, source, amount, balance_after, reference_id)
    select ${user}, n, 'grant', 'promo', 0.01, n * 0.01, ${user}::text || n from generate_series(1, ${rows}::int) n`.execute(seeds);
}

function page(limit: number) {
  return { limit, offset: 0, after: null };
}

/** A large file read to its end, and how much of it was ever held. */
async function exported(db: Database): Promise<string> {
  const began = performance.now();
  let [bytes, largest, heap] = [0, 0, 0];
  for await (const chunk of await exportUsage({ db, log: quiet }, { ...EVERYTHING, range: EXPORTED }, "bench")) {
    bytes += chunk.byteLength;
    largest = Math.max(largest, chunk.byteLength);
    heap = Math.max(heap, process.memoryUsage().heapUsed);
  }
  const [seconds, megabytes] = [(performance.now() - began) / 1_000, (size: number) => (size / 1_048_576).toFixed(1)];
  return `export of ${MANY_EVENTS / 5} events: ${megabytes(bytes)} MB in ${seconds.toFixed(1)} s, largest piece ${megabytes(largest)} MB, heap at most ${megabytes(heap)} MB`;
}

function row(what: string, few: number, many: number): string[] {
  return [what, few.toFixed(2), many.toFixed(2), (many / few).toFixed(2)];
}

/** Milliseconds of the middle one of many calls, after as many again to warm up. */
async function median(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 2 * RUNS; n += 1) {
    const began = performance.now();
    await call();
    if (n >= RUNS) times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[RUNS / 2] ?? Number.NaN;
}
