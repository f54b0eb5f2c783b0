// Reports against the events and the ledger themselves, for random histories on the days that calendars trip over. The oracle adds
// whole numbers of the smallest unit and shares nothing with the reports.

import fc from "fast-check";
import { expect, test } from "vitest";
import { listedCalls, seedEvents, seedLedger, type SeedCall } from "../support/seed-usage.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const RUNS = 12;

test(`the reports of ${RUNS} random histories are the sums of their events, and the ledger's`, async () => {
  await fc.assert(fc.asyncProperty(history, range, reportsAreTheSums), { numRuns: RUNS });
}, 180_000);

/** Leap days, ends of years and months, the days on which clocks change somewhere, a Sunday beside its Monday. */
const NEW_YEARS = ["2023-12-31", "2024-01-01", "2024-12-29", "2024-12-30", "2024-12-31", "2025-01-01"];
const LEAP = ["2024-02-28", "2024-02-29", "2024-03-01"];
const CLOCKS_CHANGE = ["2024-03-10", "2024-03-31", "2024-10-27", "2024-11-03", "2025-03-09", "2025-03-30", "2026-10-25"];
const DAYS = [...NEW_YEARS, ...LEAP, ...CLOCKS_CHANGE, "2025-06-15", "2025-06-16"];
const TIMES = ["00:00:00.000000", "00:00:00.000001", "01:30:00", "02:30:00", "12:00:00.123456", "22:59:59", "23:59:59.999999"];
const USERS = ["ada", "bo", "Zoë", "user with spaces"];
const ALIASES = ["default", "gpt-4o", "claude-sonnet"];

const tokens = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 200_000 }));
const decimal = (max: number, decimals: number) =>
  fc.integer({ min: 1, max }).map((scaled) => `${scaled}`.padStart(decimals + 1, "0").replace(new RegExp(`(\\d{${decimals}})$`), ".$1"));

const modelCall = fc.record({
  model_alias: fc.constantFrom(...ALIASES),
  fresh: tokens,
  cached: tokens,
  output: tokens,
  multiplier: decimal(1_000_000, 4),
  usd_per_credit: decimal(10_000_000, 8),
  provider_cost_usd: decimal(1_000_000_000, 8),
  status: fc.constantFrom("success" as const, "partial" as const, "internal" as const),
});
const turn = fc.record({
  user_id: fc.constantFrom(...USERS),
  day: fc.constantFrom(...DAYS),
  time: fc.constantFrom(...TIMES),
  mintedBefore: fc.constantFrom(0, 30_000, -2_000, 3_600_000),
  refused: fc.boolean(),
  calls: fc.array(modelCall, { minLength: 1, maxLength: 3 }),
});
const history: fc.Arbitrary<SeedCall[]> = fc.array(turn, { minLength: 1, maxLength: 60 }).map((turns) =>
  turns.flatMap(({ user_id, day, time, mintedBefore, refused, calls }, n) => {
    const at = `${day}T${time}Z`;
    const minted = new Date(Date.parse(at) - mintedBefore).toISOString();
    const whose = { turn: `turn ${n}`, user_id, at, minted, refused, provider_model: "m", provider_request_id: null };
    return calls.map((one, call_index) => Object.assign({ call_index }, whose, one));
  }),
);
const range = fc
  .tuple(fc.option(fc.constantFrom(...DAYS)), fc.option(fc.constantFrom(...DAYS)))
  .map(([a, b]) => (a !== null && b !== null && a > b ? { from: b, to: a } : { from: a, to: b }));

type Event = Record<"burned" | "charged" | "cost" | "revenue" | "calls" | "input" | "output" | "refused", bigint> & {
  day: string;
  user: string;
  alias: string;
};

async function reportsAreTheSums(calls: SeedCall[], { from, to }: { from: string | null; to: string | null }): Promise<void> {
  const world = await testWorld({ environment: { ADMIN_USER_IDS: "operator" } });
  try {
    await seedEvents(world.owner.query, listedCalls(calls));
    await seedLedger(world.owner.query);
    await world.assertLedger();
    const within = calls.map(eventOf).filter(({ day }) => (from === null || day >= from) && (to === null || day <= to));
    const dates = { ...(from !== null && { from_date: from }), ...(to !== null && { to_date: to }) };

    const total = await summaryIsTheSum(world, dates, within);
    for (const user of USERS)
      await summaryIsTheSum(
        world,
        { ...dates, user_id: user },
        within.filter((event) => event.user === user),
      );
    for (const alias of ALIASES)
      await summaryIsTheSum(
        world,
        { ...dates, model_alias: alias },
        within.filter((event) => event.alias === alias),
      );
    await marginIsTheSum(world, dates, within);
    await analyticsAreTheSum(world, from, to, within);
    await exportIsTheEvents(world, dates, within);
    expect(units(total.total_credits_charged, 8)).toBe(-(await debited(world, from, to)));
  } finally {
    await world.end();
  }
}

/** A call as its event counts in a report, in whole units; an internal call costs the house and is no call of a user. */
function eventOf(call: SeedCall): Event {
  const own = call.status === "internal" ? 0n : 1n;
  const oe = BigInt(call.fresh) * 35n + BigInt(call.cached) * 10n + BigInt(call.output) * 100n; // hundredths
  const exact = own * oe * units(call.multiplier, 4); // credits in units of 1e-10
  const charged = halfUp(exact, 100n);
  return {
    day: call.at.slice(0, "YYYY-MM-DD".length),
    user: call.user_id,
    alias: call.model_alias,
    burned: halfUp(exact, 1_000_000n),
    charged,
    cost: units(call.provider_cost_usd, 8),
    revenue: charged * units(call.usd_per_credit, 8),
    calls: own,
    input: own * BigInt(call.fresh + call.cached),
    output: own * BigInt(call.output),
    refused: call.call_index === 0 && call.refused ? 1n : 0n,
  };
}

async function summaryIsTheSum(world: TestWorld, asked: Record<string, string>, events: Event[]): Promise<Json> {
  const total = await report(world, "usage/summary", asked);
  expect(figures(total)).toEqual({
    burned: sumOf(events, "burned"),
    charged: sumOf(events, "charged"),
    calls: sumOf(events, "calls"),
    input: sumOf(events, "input"),
    output: sumOf(events, "output"),
    cost: sumOf(events, "cost"),
    refused: sumOf(events, "refused"),
  });
  const models = ALIASES.map((alias) => [alias, events.filter((event) => event.alias === alias)] as const);
  expect(rows(total.breakdown, "model_alias")).toEqual(expected(models).toSorted(largestFirst));
  expect(total.daily).toEqual([]);
  for (const bucket of ["day", "week", "month"]) {
    const { daily, ...rest } = await report(world, "usage/summary", { ...asked, bucket });
    expect({ ...rest, daily: [] }).toEqual(total);
    const firsts = [...new Set(events.map(({ day }) => firstOf(bucket, day)))].toSorted();
    const byBucket = firsts.map((first) => [first, events.filter(({ day }) => firstOf(bucket, day) === first)] as const);
    expect(rows(daily, "date")).toEqual(expected(byBucket));
    expect(rows(daily, "date").reduce((sum, { burned }) => sum + burned, 0n)).toBe(sumOf(events, "burned"));
  }
  return total;
}

async function marginIsTheSum(world: TestWorld, asked: Record<string, string>, events: Event[]): Promise<void> {
  const sums = (some: Event[]) => {
    const [revenue, cost] = [sumOf(some, "revenue"), sumOf(some, "cost")];
    return { revenue, cost, margin: revenue - cost * 10n ** 8n };
  };
  const answer = await report(world, "analytics/margin", { ...asked, bucket: "week" });
  expect(inUsd(answer)).toEqual(sums(events));
  for (const row of answer.by_model) expect(inUsd(row)).toEqual(sums(events.filter(({ alias }) => alias === row.model_alias)));
  for (const row of answer.buckets) expect(inUsd(row)).toEqual(sums(events.filter(({ day }) => firstOf("week", day) === row.date)));
  expect(answer.by_model.length).toBe(new Set(events.map(({ alias }) => alias)).size);
  expect(answer.buckets.length).toBe(new Set(events.map(({ day }) => firstOf("week", day))).size);
}

async function analyticsAreTheSum(world: TestWorld, from: string | null, to: string | null, events: Event[]): Promise<void> {
  const dates = { ...(from !== null && { start_date: from }), ...(to !== null && { end_date: to }) };
  const answer = await report(world, "analytics/usage", dates);
  expect(answer.total).toBe(answer.rows.length);
  for (const row of answer.rows) {
    const own = events.filter(({ user, alias }) => user === row.user_id && alias === row.model_alias);
    expect(units(row.total_credits_burned, 4)).toBe(sumOf(own, "burned"));
    expect([row.event_count, row.total_input_tokens, row.total_output_tokens].map(BigInt)).toEqual(
      (["calls", "input", "output"] as const).map((name) => sumOf(own, name)),
    );
  }
  expect(answer.rows.reduce((sum: bigint, row: Json) => sum + BigInt(row.event_count), 0n)).toBe(sumOf(events, "calls"));
}

async function exportIsTheEvents(world: TestWorld, asked: Record<string, string>, events: Event[]): Promise<void> {
  const answer = await world.call("GET", `/api/v1/admin/usage/export.csv?${new URLSearchParams(asked).toString()}`, { user: "operator" });
  const [header = [], ...lines] = answer.text
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));
  const column = (name: string) => lines.map((line) => line[header.indexOf(name)] ?? "");
  expect(
    column("created_at")
      .map((at) => at.slice(0, 10))
      .toSorted(),
  ).toEqual(events.map(({ day }) => day).toSorted());
  expect(column("credits_charged").reduce((sum, text) => sum + units(text, 8), 0n)).toBe(sumOf(events, "charged"));
  expect(column("credits_burned").reduce((sum, text) => sum + units(text, 4), 0n)).toBe(sumOf(events, "burned"));
}

/** What the ledger took for turns in the range. */
async function debited(world: TestWorld, from: string | null, to: string | null): Promise<bigint> {
  const rows = await world.deps.db.query
    .selectFrom("credit_transactions")
    .select(["amount", "created_at"])
    .where("kind", "=", "debit")
    .execute();
  const days = rows.map((row) => ({ day: row.created_at.toISOString().slice(0, 10), amount: units(row.amount, 8) }));
  return days
    .filter(({ day }) => (from === null || day >= from) && (to === null || day <= to))
    .reduce((sum, { amount }) => sum + amount, 0n);
}

async function report(world: TestWorld, path: string, asked: Record<string, string>): Promise<Json> {
  const answer = await world.call("GET", `/api/v1/admin/${path}?${new URLSearchParams(asked).toString()}`, { user: "operator" });
  expect(answer.status).toBe(200);
  return answer.json;
}

const figures = (summary: Json) => ({
  burned: units(summary.total_credits_burned, 4),
  charged: units(summary.total_credits_charged, 8),
  calls: BigInt(summary.total_llm_calls),
  input: BigInt(summary.total_input_tokens),
  output: BigInt(summary.total_output_tokens),
  cost: units(summary.provider_cost_usd, 8),
  refused: BigInt(summary.would_have_been_refused),
});

const inUsd = (row: Json) => ({
  revenue: units(row.revenue_usd, 16),
  cost: units(row.provider_cost_usd, 8),
  margin: units(row.margin_usd, 16),
});

type Part = { name: string; calls: bigint; burned: bigint };

const rows = (parts: Json[], name: "date" | "model_alias"): Part[] =>
  parts.map((part) => ({ name: part[name], calls: BigInt(part.call_count), burned: units(part.credits_burned, 4) }));

const expected = (parts: (readonly [string, Event[]])[]): Part[] =>
  parts
    .map(([name, events]) => ({ name, calls: sumOf(events, "calls"), burned: sumOf(events, "burned") }))
    .filter(({ calls }) => calls > 0n);

const largestFirst = (a: Part, b: Part) => (a.burned === b.burned ? (a.name < b.name ? -1 : 1) : a.burned > b.burned ? -1 : 1);

function firstOf(bucket: string, day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (bucket === "month") return `${day.slice(0, 7)}-01`;
  if (bucket === "week") date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function sumOf(events: readonly Event[], name: Exclude<keyof Event, "day" | "user" | "alias">): bigint {
  return events.reduce((sum, event) => sum + event[name], 0n);
}

/** A decimal as whole units of its last place. */
function units(text: string, decimals: number): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

function halfUp(value: bigint, unit: bigint): bigint {
  return (2n * value + unit) / (2n * unit);
}
