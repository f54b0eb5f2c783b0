// The export: every event, exactly as it is stored, safe to open, in bounded memory, and never a short file that looks whole.

import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportUsage } from "@pantheon/core/reports/export.ts";
import { eventsOf } from "../support/ledger.ts";
import { listedCalls, seedCall, seedEvents, seedLedger, spreadCalls, type SeedCall } from "../support/seed-usage.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const ADMIN = "operator";
const ENVIRONMENT = { ADMIN_USER_IDS: ADMIN };
const PAGE_ROWS = 1_000;
const SCANNED_ROWS = 20_000; // what one statement looks at, at most

const call = (turn: string, user_id: string, at: string, more: Partial<SeedCall> = {}) =>
  seedCall({ turn, user_id, at }, { fresh: 100, cached: 50, output: 10, multiplier: "1.5", provider_cost_usd: "0.00012300", ...more });

describe("a file", () => {
  const FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"];
  const HARMLESS = ['say "hi", twice', "two\nlines", "two\r\nlines", "a=b", "O'Neill", " =1", "汉字 🙂"];
  let world: TestWorld;

  beforeAll(async () => {
    world = await testWorld({ environment: ENVIRONMENT });
    const calls = [
      call("1", "ada", "2026-01-31T23:59:59.999999Z", { model_alias: "gpt-4o" }),
      call("1", "ada", "2026-01-31T23:59:59.999999Z", { call_index: 1, status: "internal", model_alias: "gemini-flash" }),
      call("2", "bo", "2026-02-01T00:00:00Z", { minted: "2026-01-31T01:00:00Z", status: "partial" }),
      ...[...FORMULAS, ...HARMLESS].map((name, n) =>
        call(`cell ${n}`, "eve", `2026-03-01T00:00:${String(n).padStart(2, "0")}Z`, { provider_model: name, provider_request_id: name }),
      ),
    ];
    await seedEvents(world.owner.query, listedCalls(calls));
    await seedLedger(world.owner.query);
  });

  afterAll(() => world.end());

  async function download(asked = "") {
    const answer = await world.call("GET", `/api/v1/admin/usage/export.csv${asked}`, { user: ADMIN });
    expect(answer.status).toBe(200);
    return { answer, rows: records(answer.text) };
  }

  it("is an attachment of text/csv in UTF-8, with a header row even when nothing matches", async () => {
    const { answer, rows } = await download("?user_id=stranger");
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename="[a-z-]+\.csv"$/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(rows).toEqual([]);
    expect(answer.text).toMatch(/^id,created_at,user_id,.*\r\n$/);
  });

  it("has every stored figure of every event, internal ones with their status", async () => {
    const { rows } = await download("?to_date=2026-02-28");
    expect(rows.map(({ status, model_alias }) => `${status} ${model_alias}`).toSorted()).toEqual([
      "internal gemini-flash",
      "partial default",
      "success gpt-4o",
    ]);
    const stored = [...(await eventsOf(world, "ada")), ...(await eventsOf(world, "bo"))];
    for (const row of rows) {
      const event = stored.find(({ id }) => id === row["id"]) ?? { id: "missing" };
      const shown = Object.entries(event).map(([name, value]) => [name, cell(value)]);
      expect(row).toEqual(Object.fromEntries(shown));
    }
  });

  it.each([
    ["?user_id=ada", 2],
    ["?user_id=ada&model_alias=gemini-flash", 1],
    ["?model_alias=gpt-4o", 1],
    ["?from_date=2026-02-01&to_date=2026-02-01", 1], // its id was minted on the day before
    ["?from_date=2026-01-31&to_date=2026-01-31", 2],
    ["?to_date=2026-02-01", 3],
    ["?from_date=2026-03-02", 0],
    ["?from_date=2026-03-01", 14],
  ])("has only the events that were asked for: %s", async (asked, count) => {
    expect((await download(asked)).rows.length).toBe(count);
  });

  it("brings no cell that a spreadsheet would run, and every other text as it is", async () => {
    const { rows } = await download("?user_id=eve");
    const cells = [...FORMULAS.map((text) => `'${text}`), ...HARMLESS];
    expect(rows.map(({ provider_model }) => provider_model)).toEqual(cells);
    expect(rows.map(({ provider_request_id }) => provider_request_id)).toEqual(cells);
  });
});

describe("many events", () => {
  const COUNT = 45_000;
  const AROUND = 40;
  const TOTAL = COUNT + AROUND + 2;
  const RARE = { user: "rare", alias: null, key: null, range: { from: null, to: null } };
  const ALL = { ...RARE, user: null };
  let world: TestWorld;

  beforeAll(async () => {
    world = await testWorld({ environment: ENVIRONMENT });
    const spread = { first: 1, count: COUNT, users: 3, days: 30, day: "2026-01-01", aliases: ["default", "gpt-4o"] };
    await seedEvents(world.owner.report, spreadCalls(spread));
    const ends = [call("first", "rare", "2025-12-01T00:00:00Z"), call("last", "rare", "2026-03-01T00:00:00Z")];
    await seedEvents(world.owner.report, listedCalls([...ends, ...(await callsAround(world, SCANNED_ROWS))]));
    await seedLedger(world.owner.report);
  });

  afterAll(() => world.end());

  /** Calls of one user side by side, half of them before the event at this position and half of them behind. */
  async function callsAround({ deps }: TestWorld, position: number): Promise<SeedCall[]> {
    const nth = position - AROUND / 2;
    const events = deps.db.query.selectFrom("llm_call_events").select("created_at").orderBy("id");
    const { created_at } = await events.offset(nth).limit(1).executeTakeFirstOrThrow();
    return Array.from({ length: AROUND }, (_, n) => call(`around ${n}`, "around", new Date(created_at.getTime() + 1).toISOString()));
  }

  const open = (filter: Parameters<typeof exportUsage>[1]) => exportUsage({ db: world.deps.db, log: world.log }, filter, "test");
  const statementsSince = (before: number) => world.passed.statements - before;

  it("are read page by page, each only when the reader wants it, and each event once", async () => {
    const before = world.passed.statements;
    const ids = new Set<string>();
    let pages = 0;
    for await (const chunk of await open(ALL)) {
      pages += 1;
      expect(statementsSince(before)).toBe(pages);
      const lines = new TextDecoder().decode(chunk).trimEnd().split("\r\n");
      const events = lines.filter((line) => !line.startsWith("id,"));
      expect(events.length).toBeLessThanOrEqual(PAGE_ROWS);
      for (const line of events) ids.add(line.slice(0, 36));
    }
    expect({ pages, events: ids.size }).toEqual({ pages: COUNT / PAGE_ROWS + 1, events: TOTAL });
  });

  it("are not read on for a reader who has left", async () => {
    const before = world.passed.statements;
    const reader = (await open(ALL)).getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    expect(statementsSince(before)).toBe(2);
  });

  it("are passed over in few statements on the way to a rare user's", async () => {
    const before = world.passed.statements;
    const answer = await world.call("GET", "/api/v1/admin/usage/export.csv?user_id=rare", { user: ADMIN });
    expect(records(answer.text).map(({ created_at }) => created_at)).toEqual(["2025-12-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"]);
    expect(statementsSince(before)).toBe(4); // three, and the row that says who read it
  });

  it("are all found where one statement stops looking and the next one goes on", async () => {
    const answer = await world.call("GET", "/api/v1/admin/usage/export.csv?user_id=around", { user: ADMIN });
    expect(records(answer.text).length).toBe(AROUND);
  });

  it("arrive whole over HTTP, in an answer whose length nobody knew before", async () => {
    const answer = await world.call("GET", "/api/v1/admin/usage/export.csv", { user: ADMIN });
    expect(answer.headers.get("content-length")).toBeNull();
    expect(answer.text.trimEnd().split("\r\n").length).toBe(1 + TOTAL);
  });

  it("end as a broken answer, and in the log, when the database is lost in their midst", async () => {
    await withLostConnectionAt(world, 2_500, async () => {
      const response = await fetchExport(world);
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    });
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({
        level: "error",
        message: "An export broke off.",
        fields: expect.objectContaining({ error: "DomainError" }),
      }),
    );
  });

  it("are a refusal and no file when the database is lost on the first page", async () => {
    await withLostConnectionAt(world, 500, async () => {
      const response = await fetchExport(world);
      expect({ status: response.status, type: response.headers.get("content-type") }).toEqual({
        status: 503,
        type: "application/problem+json",
      });
      await response.text();
    });
  });
});

async function fetchExport(world: TestWorld): Promise<Response> {
  const token = await world.issuer.token({ user: ADMIN });
  return fetch(`${world.apiUrl}/api/v1/admin/usage/export.csv`, { headers: { Authorization: `Bearer ${token}` } });
}

/** Puts a view before the events, in which reading the event at this position ends the reader's connection; takes it away again. */
async function withLostConnectionAt(world: TestWorld, position: number, act: () => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: world.ownerUrl }); // not the product's pool, which loses connections here
  await client.connect();
  try {
    const { rows: events } = await client.query(`select id from llm_call_events order by id offset ${position} limit 1`);
    const { rows: columns } = await client.query(
      "select column_name as name from information_schema.columns where table_name = 'llm_call_events' order by ordinal_position",
    );
    // Stable in name, so that a query through the view is planned like one of the table: page by page in the order of the ids.
    await client.query(`create function lose_connection() returns int stable language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return 0; end $$`);
    const deadly = `case when id = '${events[0].id}' then lose_connection() else latency_ms end as latency_ms`;
    const selected = columns.map(({ name }) => (name === "latency_ms" ? deadly : name)).join(", ");
    await client.query("alter table llm_call_events rename to events_behind");
    await client.query(`create view llm_call_events as select ${selected} from events_behind`);
    await client.query("grant select on llm_call_events to pantheon_app");
    await act();
  } finally {
    await client.query("drop view if exists llm_call_events; alter table if exists events_behind rename to llm_call_events");
    await client.query("drop function if exists lose_connection");
    await client.end();
  }
}

/** A stored value as its cell: times in UTC with milliseconds, decimals without trailing zeros, nothing for null. */
function cell(value: string | number | Date | null): string {
  if (value === null) return "";
  if (value instanceof Date) return value.toISOString();
  const text = String(value);
  return /^\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
}

/** The records of a CSV by their column names, read by the grammar of RFC 4180. */
function records(csv: string): Record<string, string>[] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === "\r\n") lines.push([]);
  }
  const [header = [], ...rows] = lines.slice(0, -1);
  return rows.map((row) => Object.fromEntries(header.map((name, n) => [name, row[n] ?? ""])));
}
