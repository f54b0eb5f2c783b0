// What one's own usage and ledger say by days: lists, sums, files and one turn whole. They are one's own alone, and of UTC days.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OwnSummary, OwnTurn } from "@pantheon/contract/own-usage.ts";
import { amount, format, sum } from "@pantheon/contract/money.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { listedCalls, seedCall, seedEvents, seedLedger, type SeedCall } from "../support/seed-usage.ts";
import { exactly } from "../support/shapes.ts";
import { testWorld, type Answer, type Json, type TestWorld } from "../support/world.ts";

let world: TestWorld;

/** A call that costs 1 credit for every 10 000 output tokens. */
const call = (turn: string, user_id: string, model_alias: string, at: string, credits: number, more: Partial<SeedCall> = {}) =>
  seedCall({ turn, user_id, at }, { model_alias, output: credits * 10_000, ...more });

const HISTORY = [
  call("1", "ada", "default", "2025-12-31T23:59:59.999999Z", 2, { fresh: 100, cached: 50 }), // 2.004 credits
  call("2", "ada", "gpt-4o", "2026-01-01T00:00:00Z", 3),
  call("3", "ada", "default", "2026-01-01T12:00:00Z", 1),
  call("4", "ada", "default", "2026-01-03T12:00:00Z", 1),
  call("4", "ada", "gemini-flash", "2026-01-03T12:00:00Z", 1, { call_index: 1, status: "internal" }),
  call("5", "bo", "default", "2026-01-01T12:00:00Z", 5),
];

beforeAll(async () => {
  world = await testWorld();
  await seedEvents(world.deps.db.query, listedCalls(HISTORY));
  await seedLedger(world.deps.db.query);
});
afterAll(() => world.end());

const get = (path: string, user = "ada"): Promise<Answer> => world.call("GET", `/api/v1/users/me/${path}`, { user });
const DAYS: readonly (readonly [query: string, count: number])[] = [
  ["", 4],
  ["from=2026-01-01", 3],
  ["to=2025-12-31", 1],
  ["from=2025-12-31&to=2025-12-31", 1],
  ["from=2026-01-01&to=2026-01-01", 2],
  ["from=2026-01-02&to=2026-01-02", 0],
  ["from=2026-01-04", 0],
  ["to=0001-01-01", 0],
  ["from=0001-01-01&to=9999-12-31", 4],
];

/** The rows of a file of ours by their columns: quoted cells may have line ends, commas and doubled quotes in them. */
function csvRows(text: string): Record<string, string>[] {
  const lines = [...text.matchAll(/((?:"(?:[^"]|"")*"|[^",\r]*)(?:,(?:"(?:[^"]|"")*"|[^",\r]*))*)\r\n/g)].map(([, line = ""]) =>
    [...`${line},`.matchAll(/("(?:[^"]|"")*"|[^",]*),/g)].map(([, cell = ""]) =>
      cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
    ),
  );
  const [header = [], ...rows] = lines;
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ""])));
}

describe("the lists of some days", () => {
  it.each(DAYS)("have what happened on them, counted whole and walked by cursor: %s", async (query, count) => {
    for (const [path, rows] of [["usage", "events"] as const, ["transactions", "transactions"] as const]) {
      const all = (await get(`${path}?${query}`)).json;
      expect([path, all[rows].length, all.total, all.next_cursor]).toEqual([path, count, count, null]);
      const walked: Json[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const { json } = await get(`${path}?limit=1&${query}${cursor === "" ? "" : `&cursor=${cursor}`}`);
        walked.push(...json[rows]);
        expect(json.total).toBe(count);
        cursor = json.next_cursor;
      }
      expect(walked).toEqual(all[rows]);
    }
  });

  it("are halved right whatever the number of rows", async () => {
    for (let rows = 1; rows <= 9; rows += 1) {
      const user = `chain-${rows}`;
      for (let row = 0; row < rows; row += 1) await givenCredits(world, user, "1");
      const today = new Date().toISOString().slice(0, 10);
      expect((await get(`transactions?from=${today}&to=${today}`, user)).json.total).toBe(rows);
      expect((await get(`transactions?to=2020-01-01`, user)).json).toEqual({ transactions: [], total: 0, next_cursor: null });
    }
    expect((await get("transactions?from=2020-01-01", "never-here")).json).toEqual({ transactions: [], total: 0, next_cursor: null });
  });

  it("refuse a cursor of other days, and days that are none", async () => {
    const { next_cursor: cursor } = (await get("usage?limit=1&from=2026-01-01")).json;
    expect((await get(`usage?limit=1&cursor=${cursor}`)).json.errors[0].path).toBe("cursor");
    for (const path of ["usage", "transactions", "usage/export.csv", "transactions/export.csv", "usage/summary"]) {
      expect((await get(`${path}?from=2026-02-30`)).json.errors[0].path).toBe("from");
      expect((await get(`${path}?from=2026-01-02&to=2026-01-01`)).json.errors).toEqual([
        { path: "to", message: "must not lie before the first day" },
      ]);
      expect((await get(`${path}?from_date=2026-01-02`)).json.errors[0].path).toBe("from_date");
    }
  });
});

async function summary(query: string, user = "ada") {
  return exactly(OwnSummary, (await get(`usage/summary?${query}`, user)).json);
}

function used(calls: number, credits: string) {
  return { calls, credits_burned: credits, credits_charged: credits };
}

describe("the sums", () => {
  it("are of the days asked for, by day and model, the newest and the dearest first, in one statement", async () => {
    const before = world.passed.statements;
    const both = await summary("from=2025-12-31&to=2026-01-03&group_by=day,model");
    expect(world.passed.statements - before).toBe(1);
    expect(both).toMatchObject({
      from: "2025-12-31",
      to: "2026-01-03",
      total: { ...used(4, "7.004"), input_tokens: 150, output_tokens: 70_000 },
    });
    expect(both.rows.map((row) => [row.date, row.model_alias, row.calls, row.credits_charged])).toEqual([
      ["2026-01-03", "default", 1, "1"],
      ["2026-01-01", "gpt-4o", 1, "3"],
      ["2026-01-01", "default", 1, "1"],
      ["2025-12-31", "default", 1, "2.004"],
    ]);
  });

  it("are by day alone, by model alone, or in total alone", async () => {
    const days = "from=2025-12-31&to=2026-01-03";
    expect((await summary(`${days}&group_by=day`)).rows.map((row) => [row.date, row.model_alias, row.calls])).toEqual([
      ["2026-01-03", null, 1],
      ["2026-01-01", null, 2],
      ["2025-12-31", null, 1],
    ]);
    expect((await summary(`${days}&group_by=model`)).rows.map((row) => [row.date, row.model_alias, row.credits_charged])).toEqual([
      [null, "default", "4.004"],
      [null, "gpt-4o", "3"],
    ]);
    expect(await summary(days)).toMatchObject({ rows: [], total: used(4, "7.004") });
    expect(await summary(`${days}&group_by=model,day`)).toEqual(await summary(`${days}&group_by=day,model`));
  });

  it("are of the last 30 days unless told otherwise, and of nobody else", async () => {
    const { from, to, total } = await summary("");
    expect([Date.parse(to) - Date.parse(from), total.calls]).toEqual([29 * 86_400_000, 0]);
    expect((await summary("to=2026-01-01")).from).toBe("2025-12-03");
    expect((await summary("to=0001-01-05")).from).toBe("0001-01-01");
    expect((await summary("from=2025-12-31&to=2026-01-03", "bo")).total).toMatchObject(used(1, "5"));
    expect((await summary("from=2025-12-31&to=2026-01-03&group_by=day", "nobody")).rows).toEqual([]);
  });

  it.each([
    ["group_by=hour", "group_by.0"],
    ["group_by=day,day", "group_by"],
    ["group_by=day,", "group_by.1"],
    ["from=2024-01-01&to=2025-01-01", "from"],
    ["from=9999-01-01", "from"],
    ["bucket=day", "bucket"],
  ])("refuse %s", async (query, path) => {
    const { status, json } = await get(`usage/summary?${query}`);
    expect([status, json.errors.map((fault: Json) => fault.path)]).toEqual([422, [path]]);
  });

  it("take a leap year whole", async () => {
    expect((await get("usage/summary?from=2024-01-01&to=2024-12-31")).status).toBe(200);
  });
});

describe("the files", () => {
  it("have the rows of the lists", async () => {
    for (const [path, rows] of [["usage", "events"] as const, ["transactions", "transactions"] as const]) {
      const list = (await get(`${path}?from=2026-01-01`)).json[rows];
      const file = await get(`${path}/export.csv?from=2026-01-01`);
      expect([file.headers.get("content-type"), file.headers.get("content-disposition")]).toEqual([
        "text/csv; charset=utf-8",
        `attachment; filename="${path}.csv"`,
      ]);
      const read = csvRows(file.text);
      const said = list.map((row: Record<string, string | number | null>) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, `${value ?? ""}`])),
      );
      expect(read).toEqual(said.map((row: Json) => expect.objectContaining(row)));
      expect(read.length).toBe(3);
    }
  });

  it("have no formulas: a note is text, an amount below zero is a number", async () => {
    const admin = await testWorld({ environment: { ADMIN_USER_IDS: "grace" } });
    try {
      const grant = { amount: "1", note: '=HYPERLINK("http://evil.example")\n+1' };
      await admin.call("POST", "/api/v1/admin/wallets/eve/grant", { user: "grace", body: { ...grant, create: true } });
      const session = await givenSession(admin, "eve");
      await runTurn(admin, session, { user: "eve" });
      const { text } = await admin.call("GET", "/api/v1/users/me/transactions/export.csv", { user: "eve" });
      const [debit, granted] = csvRows(text);
      expect(debit?.["amount"]).toMatch(/^-0\.\d+$/);
      expect(granted?.["note"]).toBe(`'${grant.note}`);
    } finally {
      await admin.end();
    }
  });

  it("of nobody new are a header alone", async () => {
    expect((await get("usage/export.csv", "nobody")).text).toMatch(/^id,created_at,turn_id,session_id,[a-z_,]+\r\n$/);
    expect((await get("transactions/export.csv", "nobody")).text).toMatch(/^id,created_at,kind,amount,[a-z_,]+\r\n$/);
  });
});

describe("one turn", () => {
  it("is whole for its own person, with the receipt of its debit", async () => {
    const session = await givenSession(world, "tess");
    const turn = (await runTurn(world, session, { user: "tess" })).json;
    const whole = exactly(OwnTurn, (await get(`turns/${turn.id}`, "tess")).json);
    expect(whole.turn).toEqual(turn);
    expect(whole.receipt).toMatchObject({ turn_id: turn.id, total: turn.credits_charged, matches: true });
    const receipt = (await get(`transactions/${whole.receipt?.transaction_id}/receipt`, "tess")).json;
    expect(whole.receipt).toEqual(receipt);
    expect(format(sum((whole.receipt?.lines ?? []).map(({ recomputed }) => amount(recomputed))))).toBe(turn.credits_charged);
    const [event] = (await get("usage", "tess")).json.events;
    expect([event.turn_id, event.session_id]).toEqual([turn.id, session]);
  });

  it("without a debit has no receipt", async () => {
    const session = await givenSession(world, "zoe");
    world.provider.behave("openai/gpt-4o-mini", "fake-usage-zero");
    const turn = (await runTurn(world, session, { user: "zoe" })).json;
    world.provider.behave("openai/gpt-4o-mini", null);
    expect((await get(`turns/${turn.id}`, "zoe")).json).toEqual({ turn, receipt: null, tool_texts: [] });
  });

  it("is gone with its session, and unknown to anybody else", async () => {
    const session = await givenSession(world, "uma");
    const turn = (await runTurn(world, session, { user: "uma" })).json;
    expect((await get(`turns/${turn.id}`, "ada")).status).toBe(404);
    await world.call("DELETE", `/api/v1/sessions/${session}`, { user: "uma" });
    expect((await get(`turns/${turn.id}`, "uma")).json).toMatchObject({ status: 404, detail: "Turn not found." });
  });
});
