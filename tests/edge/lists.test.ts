// Lists: one page holds what was asked for, a walk by cursor meets every row exactly once, and a cursor opens its own list alone.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { givenHistory } from "../support/given-history.ts";
import { givenCredits, givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { testWorld, type Answer, type Json, type TestWorld } from "../support/world.ts";

const ROWS = 300;
const WALKER = "walker";

let world: TestWorld;
let session: string;

beforeAll(async () => {
  world = await testWorld({ models: modelsWith("fake-500", "fake-slow-700") });
  for (const alias of ["fake-500", "fake-slow-700"]) await givenPrice(world, alias, "1");
  session = await givenHistory(world, WALKER, ROWS);
});

afterAll(() => world.end());

type List = { readonly name: string; readonly rows: string; readonly path: (session: string) => string; readonly total: () => number };

const LISTS: readonly List[] = [
  { name: "sessions", rows: "sessions", path: () => "/api/v1/sessions", total: () => ROWS + 1 },
  { name: "turns", rows: "turns", path: (of) => `/api/v1/sessions/${of}/turns`, total: () => ROWS },
  { name: "messages", rows: "messages", path: (of) => `/api/v1/sessions/${of}/messages`, total: () => 2 * ROWS },
  { name: "usage", rows: "events", path: () => "/api/v1/users/me/usage", total: () => ROWS },
  { name: "transactions", rows: "transactions", path: () => "/api/v1/users/me/transactions", total: () => ROWS },
];

const get = (path: string, query = "", user = WALKER): Promise<Answer> => world.call("GET", `${path}${query && `?${query}`}`, { user });

describe.each(LISTS)("the list of $name", ({ name: list, rows, path: pathOf, total }) => {
  const path = () => pathOf(session);

  it("is 50 rows, newest first, unless another number is asked for", async () => {
    const { json } = await get(path());
    expect([json[rows].length, json.total, typeof json.next_cursor]).toEqual([50, total(), "string"]);
    expect((await get(path(), "limit=1")).json[rows]).toEqual(json[rows].slice(0, 1));
    expect((await get(path(), "limit=200")).json[rows].slice(0, 50)).toEqual(json[rows]);
    expect((await get(path(), "offset=0")).json).toEqual(json);
  });

  it("is walked by cursor through hundreds of rows of one instant, each exactly once", async () => {
    const all = await walk(path(), rows, 37);
    expect([all.length, new Set(all).size]).toEqual([total(), total()]);
    const pages = await Promise.all([0, 1, 2, 3].map((page) => get(path(), `limit=200&offset=${200 * page}`)));
    expect(pages.flatMap(({ json }) => json[rows].map(idOf))).toEqual(all);
  });

  it("ends with a null cursor, also when the last page is full", async () => {
    const last = await get(path(), `limit=10&offset=${total() - 10}`);
    expect([last.json[rows].length, last.json.next_cursor]).toEqual([10, null]);
    const before = await get(path(), `limit=10&offset=${total() - 11}`);
    expect([before.json[rows].length, before.json.next_cursor]).toEqual([10, expect.any(String)]);
    const after = await get(path(), "offset=10000");
    expect(after.json).toEqual({ [rows]: [], total: total(), next_cursor: null });
  });

  it.each([
    ["limit", ["-1", "0", "201", "abc", "10abc", "0x1F", "1.5", "1e2", "", "%2010", "+5", "05", "%EF%BC%95", "9223372036854775808", "NaN"]],
    ["offset", ["-1", "10001", "abc", "10abc", "0x1F", "1.5", "1e2", "", "9223372036854775808", "Infinity"]],
    ["cursor", ["", "x", "AAAA", "null", "%00", "'%20OR%201=1--", "e30", "W10", "a".repeat(1_025), "a".repeat(5_000)]],
  ])("refuses a wrong %s, and says so", async (name, values) => {
    for (const value of values) expect(refusal(await get(path(), `${name}=${value}`))).toEqual(faultAt(name));
    expect(refusal(await get(path(), `${name}=1&${name}=1`))).toEqual(faultAt(name));
  });

  it("refuses what no list knows, and an offset beside a cursor", async () => {
    for (const name of ["page", "user_id", "sort", "Limit", "__proto__"])
      expect(refusal(await get(path(), `${name}=1`))).toEqual(faultAt(name));
    const { next_cursor: cursor } = (await get(path(), "limit=5")).json;
    expect(refusal(await get(path(), `offset=0&cursor=${cursor}`))).toEqual(faultAt("cursor"));
  });

  it("refuses a cursor that was damaged, anywhere", async () => {
    const { next_cursor: cursor } = (await get(path(), "limit=5")).json;
    for (let at = 0; at < cursor.length; at += 5) {
      const flipped = `${cursor.slice(0, at)}${cursor[at] === "A" ? "B" : "A"}${cursor.slice(at + 1)}`;
      expect(refusal(await get(path(), `cursor=${flipped}`))).toEqual(faultAt("cursor"));
    }
    for (const damaged of [cursor.slice(0, -1), `${cursor}=`, `${cursor}A`]) {
      expect(refusal(await get(path(), `cursor=${damaged}`))).toEqual(faultAt("cursor"));
    }
  });

  it("refuses the cursor of every other list, and of anybody else", async () => {
    for (const other of LISTS.filter(({ name }) => name !== list)) {
      const { next_cursor: cursor } = (await get(other.path(session), "limit=5")).json;
      expect(refusal(await get(path(), `cursor=${cursor}`))).toEqual(faultAt("cursor"));
    }
    if (path().includes(session)) return;
    const { next_cursor: mine } = (await get(path(), "limit=5")).json;
    expect(refusal(await get(path(), `cursor=${mine}`, "stranger"))).toEqual(faultAt("cursor"));
  });
});

describe("a walk", () => {
  it("meets every row that was there when it began, once, while others are added", async () => {
    const user = "grower";
    const own = await givenHistory(world, user, 60);
    for (const { rows, path } of LISTS) {
      const before = await walk(path(own), rows, 200, user);
      let steps = 0;
      const met = await walk(path(own), rows, 13, user, async () => {
        steps += 1;
        await givenCredits(world, user, "1");
        await givenSession(world, user);
        if (steps <= 2) await runTurn(world, own, { user });
      });
      expect(steps).toBeGreaterThan(3);
      expect(new Set(met).size).toBe(met.length);
      expect(before.filter((id) => !met.includes(id))).toEqual([]);
    }
  });

  it("of one session's turns is not opened by another session's cursor", async () => {
    const [a, b] = [await givenHistory(world, "twofold", 6), await givenSession(world, "twofold")];
    for (const list of ["turns", "messages"]) {
      const { next_cursor: cursor } = (await get(`/api/v1/sessions/${a}/${list}`, "limit=5", "twofold")).json;
      expect(refusal(await get(`/api/v1/sessions/${b}/${list}`, `cursor=${cursor}`, "twofold"))).toEqual(faultAt("cursor"));
    }
  });
});

describe("turns and messages", () => {
  it("show running and failed turns as turns, and only completed ones as two messages", async () => {
    const user = "talker";
    const own = await givenSession(world, user);
    const first = (await runTurn(world, own, { user, message: " first " })).json;
    const failed = await runTurn(world, own, { user, message: "second", alias: "fake-500" });
    const third = (await runTurn(world, own, { user, message: "third" })).json;
    const fourth = runTurn(world, own, { user, message: "fourth", alias: "fake-slow-700" });
    await expect.poll(() => world.provider.callsTo("fake-slow-700"), { timeout: 10_000 }).toBe(1);

    const turns = (await get(`/api/v1/sessions/${own}/turns`, "", user)).json;
    const messages = (await get(`/api/v1/sessions/${own}/messages`, "", user)).json;
    await fourth;
    const settledNothing = { assistant_output: null, usage: null, credits_charged: null, balance_after: null, completed_at: null };
    expect([failed.status, turns.total, turns.turns]).toEqual([
      502,
      4,
      [
        expect.objectContaining({ user_input: "fourth", status: "running", turn_index: 3, ...settledNothing }),
        third,
        expect.objectContaining({ user_input: "second", status: "failed", turn_index: null, ...settledNothing }),
        first,
      ],
    ]);
    expect(turns.turns.map((turn: object) => Object.keys(turn).toSorted())).toEqual(turns.turns.map(() => Object.keys(first).toSorted()));
    expect([messages.total, messages.messages]).toEqual([
      4,
      [
        message(third, "assistant", third.assistant_output, third.completed_at),
        message(third, "user", "third", third.created_at),
        message(first, "assistant", first.assistant_output, first.completed_at),
        message(first, "user", "first", first.created_at),
      ],
    ]);
  });
});

function message({ id }: Json, role: string, content: string, created_at: string) {
  return { id: `${id}:${role}`, role, content, turn_id: id, created_at };
}

/** The ids of all rows, by cursor alone; `between` is done before every page but the first. */
async function walk(path: string, rows: string, limit: number, user = WALKER, between = () => Promise.resolve()): Promise<string[]> {
  const met: string[] = [];
  let cursor: string | null = null;
  do {
    if (cursor !== null) await between();
    const { json }: Answer = await get(path, `limit=${limit}${cursor === null ? "" : `&cursor=${cursor}`}`, user);
    met.push(...json[rows].map(idOf));
    cursor = json.next_cursor;
  } while (cursor !== null && met.length < 2_000);
  return met;
}

function idOf(row: { id: string }): string {
  return row.id;
}

function refusal({ status, json }: Answer): unknown {
  return { status, code: json.code, paths: json.errors?.map((fault: { path: string }) => fault.path) };
}

function faultAt(name: string): unknown {
  return { status: 422, code: "invalid_request", paths: [name] };
}
