// Questions about reports that break a rule are refused before the database hears of them.

import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pictureOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const ADMIN = "operator";
const PATHS = ["usage/summary", "usage/export.csv", "analytics/usage", "analytics/active-users", "analytics/margin", "reconciliation"];

let world: TestWorld;

beforeAll(async () => (world = await testWorld({ environment: { ADMIN_USER_IDS: ADMIN } })));
afterAll(() => world.end());

const NOT_THERE = ["2026-02-30", "2025-02-29", "2023-13-01", "0000-01-01", "2026-00-10"];
const NOT_WRITTEN_SO = [
  "20230101",
  "2026-1-1",
  "2026-01-01T00:00:00Z",
  "+2026-01-01",
  "%202026-01-01",
  "2026-01-01%00",
  "%EF%BC%92026-01-01",
];
const NO_DAYS = [...NOT_THERE, ...NOT_WRITTEN_SO, "infinity", "-infinity", "now", "today", "", "2026-01-01';--"];
const RANGES = [
  ["usage/summary", "from_date", "to_date"],
  ["usage/export.csv", "from_date", "to_date"],
  ["analytics/margin", "from_date", "to_date"],
  ["analytics/usage", "start_date", "end_date"],
] as const;
const DATES = [...RANGES.flatMap(([path, from, to]) => [`${path}?${from}=`, `${path}?${to}=`]), "analytics/active-users?as_of="];
const LONG = "x".repeat(65);

const REFUSED = [
  ...DATES.flatMap((asked) => NO_DAYS.map((day) => asked + day)),
  ...RANGES.map(([path, from, to]) => `${path}?${from}=2026-01-02&${to}=2026-01-01`),
  ...RANGES.map(([path, from]) => `${path}?${from}=2026-01-02&${from}=2026-01-02`),
  ...RANGES.map(([path, from]) => `${path}?${from}=2026-01-02&from=2026-01-03`),
  ...RANGES.map(([path, , to]) => `${path}?${to}=2026-01-02&to=2026-01-01`),
  ...RANGES.map(([path]) => `${path}?from=2026-01-02&to=2026-01-01`),
  ...PATHS.map((path) => `${path}?unknown=1`),
  ...["hour", "", "DAY", "year", "day,week"].flatMap((bucket) =>
    ["usage/summary", "analytics/margin"].map((path) => `${path}?bucket=${bucket}`),
  ),
  "usage/export.csv?bucket=day",
  "usage/summary?limit=1",
  "usage/summary?start_date=2026-01-01",
  "analytics/margin?model_alias=default",
  ...["", LONG, "a%00", "a%0Ab", "%C2%85"].flatMap((id) => ["summary", "export.csv"].map((path) => `usage/${path}?user_id=${id}`)),
  ...["", LONG, "a%00"].flatMap((alias) => ["summary", "export.csv"].map((path) => `usage/${path}?model_alias=${alias}`)),
  ...["0", "201", "1001", "-1", "1.5", "1e2", "0x10", "", "%2010"].map((limit) => `analytics/usage?limit=${limit}`),
  "analytics/usage?cursor=x",
  ...["10001", "-1", "1.0", ""].map((offset) => `analytics/usage?offset=${offset}`),
  ...["year", "", "Day"].map((window) => `analytics/active-users?window=${window}`),
];

async function readsOf(): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count from admin_reads`.execute(world.owner.query);
  return Number(rows[0]?.count);
}

it(`${REFUSED.length} questions that break a rule are 422, ask the database nothing and write nothing`, async () => {
  const [before, statements, read] = [await pictureOf(world), world.passed.statements, await readsOf()];
  const answers: string[] = [];
  for (const asked of REFUSED) {
    const { status, json } = await world.call("GET", `/api/v1/admin/${asked}`, { user: ADMIN });
    if (status !== 422 || json?.code !== "invalid_request" || json.errors.length === 0) answers.push(`${asked} → ${status}`);
  }
  expect(answers).toEqual([]);
  // What names people is written down as asked for, whatever becomes of it.
  expect(world.passed.statements - statements).toBe((await readsOf()) - read);
  expect(await pictureOf(world)).toBe(before);
});
