// What an admin reads: the figures of one small history by hand, and real turns as they count.

import { sql } from "kysely";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ActiveUsers, UsageByUser, Margin, Reconciliation, UsageSummary } from "@pantheon/contract/reports.ts";
import { exactly } from "../support/shapes.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { debitsOf } from "../support/ledger.ts";
import { listedCalls, seedCall, seedEvents, seedLedger, type SeedCall } from "../support/seed-usage.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const ADMIN = "operator";

let world: TestWorld;

/** A call that costs 1 credit for every 10 000 output tokens, at the prices of `seedCall`. */
const call = (turn: string, user_id: string, model_alias: string, at: string, credits: number, more: Partial<SeedCall> = {}) =>
  seedCall({ turn, user_id, at }, { model_alias, output: credits * 10_000, ...more });

const HISTORY = [
  call("1", "ada", "default", "2025-12-31T23:59:59.999999Z", 2, { fresh: 100, cached: 50, refused: true }), // 2.004 credits
  call("2", "ada", "gpt-4o", "2026-01-01T00:00:00Z", 3),
  call("3", "bo", "default", "2026-01-04T12:00:00Z", 1, { refused: true }), // a Sunday
  call("4", "bo", "default", "2026-01-05T12:00:00Z", 1, { provider_cost_usd: "0.5" }), // the Monday after it
  call("4", "bo", "gemini-flash", "2026-01-05T12:00:00Z", 1, { call_index: 1, status: "internal", provider_cost_usd: "0.25" }),
  call("5", "cy", "gpt-4o", "2026-02-01T00:00:00Z", 1, { usd_per_credit: "0.02" }), // a Sunday
  call("6", "ghost", "gemini-flash", "2026-03-01T00:00:00Z", 1, { status: "internal", provider_cost_usd: "0" }),
];

const unpaid = (revenue: string) => ({ revenue_paid_usd: "0", revenue_granted_usd: "0", revenue_unpaid_usd: revenue });

beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: ADMIN, USD_PER_CREDIT: "0.05" } });
  await seedEvents(world.owner.query, listedCalls(HISTORY));
  await seedLedger(world.owner.query);
  await givenCredits(world, "rich", "12.5");
  await givenCredits(world, "bo", "2.25"); // two credits in debt before
});

afterAll(() => world.end());

/** A report, proved to be of its documented shape and to cost one statement; a page of a list costs two. */
async function report<Schema extends v.GenericSchema>(path: string, schema: Schema): Promise<v.InferOutput<Schema>> {
  // A list has its total, and what names people is written down as read.
  const statements = 1 + Number(path.startsWith("analytics/usage")) + Number(/^(?:analytics\/usage|usage\/)/.test(path));
  const before = world.passed.statements;
  const answer = await world.call("GET", `/api/v1/admin/${path}`, { user: ADMIN });
  expect({ status: answer.status, refusal: answer.status === 200 ? null : answer.json }).toEqual({ status: 200, refusal: null });
  expect(world.passed.statements - before).toBe(statements);
  return exactly(schema, answer.json);
}

describe("the summary", () => {
  it("adds everything up, by model with the largest first, and has no buckets unless they are asked for", async () => {
    expect(await report("usage/summary", UsageSummary)).toEqual({
      total_credits_burned: "8.004",
      total_credits_charged: "8.004",
      total_llm_calls: 5,
      total_input_tokens: 150,
      total_output_tokens: 80_000,
      provider_cost_usd: "0.79",
      would_have_been_refused: 2,
      from: null,
      to: null,
      from_date: null,
      to_date: null,
      breakdown: [
        { model_alias: "default", call_count: 3, credits_burned: "4.004", credits_charged: "4.004" },
        { model_alias: "gpt-4o", call_count: 2, credits_burned: "4", credits_charged: "4" },
      ],
      daily: [],
    });
  });

  it.each([
    ["day", "2025-12-31 2.004 1, 2026-01-01 3 1, 2026-01-04 1 1, 2026-01-05 1 1, 2026-02-01 1 1"],
    ["week", "2025-12-29 6.004 3, 2026-01-05 1 1, 2026-01-26 1 1"],
    ["month", "2025-12-01 2.004 1, 2026-01-01 5 3, 2026-02-01 1 1"],
  ])("names each %s by its first day, weeks from Monday, and leaves the empty ones out", async (bucket, expected) => {
    const { daily } = await report(`usage/summary?bucket=${bucket}`, UsageSummary);
    expect(daily.map(({ date, credits_burned, call_count }) => `${date} ${credits_burned} ${call_count}`).join(", ")).toBe(expected);
  });

  it("counts only the days that were asked for, both ends included, also in a bucket that begins before them", async () => {
    const week = await report("usage/summary?bucket=week&from_date=2026-01-01&to_date=2026-01-04", UsageSummary);
    expect(week).toMatchObject({ from_date: "2026-01-01", to_date: "2026-01-04", total_credits_charged: "4", total_llm_calls: 2 });
    expect(week.daily).toEqual([{ date: "2025-12-29", credits_burned: "4", credits_charged: "4", call_count: 2 }]);
    expect(await report("usage/summary?to_date=2025-12-31", UsageSummary)).toMatchObject({ total_llm_calls: 1, from_date: null });
    expect(await report("usage/summary?from_date=2026-01-05", UsageSummary)).toMatchObject({ total_llm_calls: 2, to_date: null });
  });

  it("takes either name of a day, and both where they say the same", async () => {
    const asked = "to=2026-01-04&to_date=2026-01-04&from=2026-01-01";
    const summary = await report(`usage/summary?${asked}`, UsageSummary);
    expect(summary).toEqual(await report("usage/summary?from_date=2026-01-01&to_date=2026-01-04", UsageSummary));
    expect(summary).toMatchObject({ from: "2026-01-01", to: "2026-01-04", total_llm_calls: 2 });
    const margin = await report("analytics/margin?from=2026-02-01", Margin);
    expect(margin).toMatchObject({ revenue_usd: "0.02" });
    const users = await report("analytics/usage?from=2026-01-01&end_date=2026-01-31", UsageByUser);
    expect(users).toMatchObject({ total: 2, from: "2026-01-01", to: "2026-01-31", start_date: "2026-01-01" });
  });

  it("orders models of equal credits by name", async () => {
    const { breakdown } = await report("usage/summary?from_date=2026-01-05", UsageSummary);
    expect(breakdown.map(({ model_alias }) => model_alias)).toEqual(["default", "gpt-4o"]);
  });

  it("is one user's, one model's, or both's; nothing for a stranger", async () => {
    expect(await report("usage/summary?user_id=ada", UsageSummary)).toMatchObject({
      total_credits_burned: "5.004",
      would_have_been_refused: 1,
    });
    expect(await report("usage/summary?user_id=bo&model_alias=default", UsageSummary)).toMatchObject({ total_credits_burned: "2" });
    const house = await report("usage/summary?model_alias=gemini-flash&bucket=day", UsageSummary);
    expect(house).toMatchObject({ total_llm_calls: 0, total_output_tokens: 0, provider_cost_usd: "0.25", breakdown: [], daily: [] });
    const stranger = await report("usage/summary?user_id=%C3%A4%20b", UsageSummary);
    expect(stranger).toMatchObject({ total_credits_burned: "0", total_credits_charged: "0", provider_cost_usd: "0", breakdown: [] });
  });
});

describe("analytics", () => {
  it("lists users and models, largest first, with the number of rows in all on every page", async () => {
    const all = await report("analytics/usage", UsageByUser);
    expect(all.rows.map((row) => `${row.user_id} ${row.model_alias} ${row.total_credits_burned} ${row.event_count}`)).toEqual([
      "ada gpt-4o 3 1",
      "ada default 2.004 1",
      "bo default 2 2",
      "cy gpt-4o 1 1",
    ]);
    expect(all).toMatchObject({ total: 4, start_date: null, end_date: null });
    expect(all.rows[1]).toMatchObject({ total_input_tokens: 150, total_output_tokens: 20_000, total_credits_charged: "2.004" });
    const middle = await report("analytics/usage?limit=2&offset=1", UsageByUser);
    expect(middle).toEqual({ ...all, rows: all.rows.slice(1, 3), next_cursor: expect.any(String) });
    const last = await report(`analytics/usage?limit=2&cursor=${middle.next_cursor}`, UsageByUser);
    expect(last).toEqual({ ...all, rows: all.rows.slice(3) });
    expect(await report("analytics/usage?offset=10000", UsageByUser)).toEqual({ ...all, rows: [] });
    const january = await report("analytics/usage?start_date=2026-01-01&end_date=2026-01-31", UsageByUser);
    expect(january).toMatchObject({ total: 2, start_date: "2026-01-01", end_date: "2026-01-31" });
  });

  it.each([
    ["window=day&as_of=2025-12-31", 1, 1],
    ["window=day&as_of=2026-01-01", 1, 0],
    ["window=week&as_of=2026-01-06", 2, 2], // from 31 December: ada and bo were active, and both came
    ["window=week&as_of=2026-01-10", 1, 1],
    ["window=week&as_of=2026-01-11", 1, 0],
    ["window=month&as_of=2026-01-30", 2, 1], // from 1 January
    ["window=month&as_of=2026-01-31", 1, 1], // from 2 January
    ["as_of=2026-03-01", 0, 1], // a call of the house is nobody's activity
  ])("finds who was active and who was new: %s", async (asked, active, fresh) => {
    expect(await report(`analytics/active-users?${asked}`, ActiveUsers)).toMatchObject({ active_users: active, new_users: fresh });
  });

  it("sets each call's revenue, at the price of its own day, against its cost, and says what is owed now", async () => {
    const margin = await report("analytics/margin?bucket=month", Margin);
    expect(margin).toEqual({
      revenue_usd: "0.23012",
      ...unpaid("0.23012"), // what was granted came later
      provider_cost_usd: "0.79",
      margin_usd: "-0.55988",
      liability_credits: "112.75", // the beta grant, rich, and what is left to bo; nobody's debt is set against it
      liability_usd: "5.6375",
      by_model: [
        { model_alias: "default", revenue_usd: "0.12012", ...unpaid("0.12012"), provider_cost_usd: "0.52", margin_usd: "-0.39988" },
        { model_alias: "gemini-flash", revenue_usd: "0", ...unpaid("0"), provider_cost_usd: "0.25", margin_usd: "-0.25" },
        { model_alias: "gpt-4o", revenue_usd: "0.11", ...unpaid("0.11"), provider_cost_usd: "0.02", margin_usd: "0.09" },
      ],
      buckets: [
        { date: "2025-12-01", revenue_usd: "0.06012", ...unpaid("0.06012"), provider_cost_usd: "0.01", margin_usd: "0.05012" },
        { date: "2026-01-01", revenue_usd: "0.15", ...unpaid("0.15"), provider_cost_usd: "0.77", margin_usd: "-0.62" },
        { date: "2026-02-01", revenue_usd: "0.02", ...unpaid("0.02"), provider_cost_usd: "0.01", margin_usd: "0.01" },
      ],
    });
    const later = await report("analytics/margin?from_date=2026-02-01", Margin);
    expect(later).toMatchObject({ revenue_usd: "0.02", liability_credits: "112.75", buckets: [] });
  });
});

describe("the days", () => {
  it.each(["0001-01-01", "1969-12-31", "2024-02-29", "9999-12-31"])("may be any that exists: %s", async (day) => {
    await report(`usage/summary?from_date=${day}&to_date=${day}&bucket=week`, UsageSummary);
    await report(`analytics/usage?start_date=${day}&end_date=${day}`, UsageByUser);
    await report(`analytics/margin?from_date=${day}&to_date=${day}&bucket=month`, Margin);
    await report(`analytics/active-users?as_of=${day}&window=month`, ActiveUsers);
    const file = await world.call("GET", `/api/v1/admin/usage/export.csv?from_date=${day}&to_date=${day}`, { user: ADMIN });
    expect(file.text.trimEnd().split("\r\n").length).toBe(1);
  });
});

describe("real turns", () => {
  let real: TestWorld;

  beforeAll(async () => (real = await testWorld({ environment: { ADMIN_USER_IDS: ADMIN } })));
  afterAll(() => real.end());

  const read = async (path: string) => (await real.call("GET", `/api/v1/admin/${path}`, { user: ADMIN })).json;

  it("are in every report at once, with those that enforcement would have refused", async () => {
    const session = await givenSession(real);
    await runTurn(real, session); // nothing in the wallet
    await givenCredits(real, "ada", "10");
    const { json: turn } = await runTurn(real, session, { alias: "gpt-4o" });

    const summary = exactly(UsageSummary, await read("usage/summary"));
    expect(summary).toMatchObject({ total_llm_calls: 2, would_have_been_refused: 1 });
    const debits = await debitsOf(real);
    const charged = debits.reduce((sum, { amount }) => sum - BigInt(amount.replace(".", "")), 0n);
    expect(BigInt(Number(summary.total_credits_charged).toFixed(8).replace(".", ""))).toBe(charged);
    expect(summary.breakdown.find(({ model_alias }) => model_alias === "gpt-4o")?.credits_burned).toBe(turn.credits_burned);

    expect(exactly(ActiveUsers, await read("analytics/active-users"))).toMatchObject({ window: "day", active_users: 1, new_users: 1 });
    expect(exactly(UsageByUser, await read("analytics/usage"))).toMatchObject({ total: 2 });
    const margin = exactly(Margin, await read("analytics/margin"));
    expect(margin.by_model.map(({ model_alias }) => model_alias).toSorted()).toEqual(["default", "gpt-4o"]);
  });

  it("keep every invariant, and a broken one is counted under its name, with the rows to look at", async () => {
    const whole = exactly(Reconciliation, await read("reconciliation"));
    expect(whole.broken_total).toBe(0);
    expect(whole.invariants.length).toBeGreaterThanOrEqual(10);
    const { query: db } = real.deps.db;
    const shift = (by: string) => sql`update credit_wallets set balance = balance + ${by}::numeric where user_id = 'ada'`.execute(db);
    await shift("0.00000001");
    const broken = exactly(Reconciliation, await read("reconciliation"));
    await shift("-0.00000001");
    expect(broken.broken_total).toBe(1);
    const found = broken.invariants.filter((invariant) => invariant.broken > 0);
    expect(found.map(({ name, rows }) => ({ name, rows }))).toEqual([{ name: "balance", rows: ["ada"] }]);
  });
});
