// `node tests/trials/bench/verify-bench.ts`: what checking the whole ledger costs, with ten times the turns in the same run. Linear is a ratio
// of about ten. Reported, not asserted.

import { performance } from "node:perf_hooks";
import Table from "cli-table3";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Pool } from "pg";
import { createDatabase } from "@pantheon/core/db/database.ts";
import type { Schema } from "@pantheon/core/db/schema/schema.ts";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { seedEvents, seedLedger, spreadCalls } from "../../support/seed-usage.ts";
import { quiet, withBenchDatabase } from "./bench-database.ts";

const SIZES = [100_000, 1_000_000];
const BATCH = 250_000;
const SPREAD = { users: 1_000, days: 30, day: "2026-01-01", aliases: ["default", "gpt-4o", "deepseek"] };
const RUNS = 3;

const table = new Table({
  head: ["turns", "seconds", "against the first", "rows that break an invariant"],
  style: { head: [], border: [] },
});
let first = Number.NaN;
for (const turns of SIZES) {
  await withBenchDatabase({ fsync: "off", max_wal_size: "4GB" }, async (url) => {
    const { seconds, broken } = await verified(url, turns);
    if (turns === SIZES[0]) first = seconds;
    table.push([turns.toLocaleString("en"), seconds.toFixed(2), (seconds / first).toFixed(1), String(broken)]);
  });
}
process.stdout.write(`${table.toString()}\n`);

/** The fastest of a few checks of a ledger of so many turns. */
async function verified(url: string, turns: number): Promise<{ seconds: number; broken: number }> {
  const seeds = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url, max: 1 }) }) }); // no time limit
  for (let next = 1; next <= turns; next += BATCH) {
    await seedEvents(seeds, spreadCalls({ ...SPREAD, first: next, count: Math.min(BATCH, turns - next + 1) }));
  }
  await seedLedger(seeds);
  await sql`vacuum analyze`.execute(seeds);
  await seeds.destroy();

  const db = createDatabase({ url, log: quiet, clock: Date.now, maxConnections: 1, reportTimeoutMs: 15 * 60_000 });
  let [seconds, broken] = [Number.POSITIVE_INFINITY, 0];
  for (let run = 0; run < RUNS; run += 1) {
    const began = performance.now();
    broken = (await checkInvariants(db)).reduce((rows, invariant) => rows + invariant.broken, 0);
    seconds = Math.min(seconds, (performance.now() - began) / 1_000);
  }
  await db.close();
  return { seconds, broken };
}
