// What was used with which API key: in lists, files, sums and receipts, for its owner and for admins. Together with the calls that came
// without a key it is what the rollup has, and nobody else's key shows anything.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { amount, sum } from "@pantheon/contract/money.ts";
import { chat } from "../completions/given.ts";
import { givenCredits, givenSession } from "../support/given.ts";
import { givenKey, type GivenKey } from "../support/given-key.ts";
import { givenToolPrices } from "../support/given-tools.ts";
import { debitsOf } from "../support/ledger.ts";
import { call } from "../support/tool-turn.ts";
import { testWorld, type Answer, type Json, type TestWorld } from "../support/world.ts";

const ADMIN = "operator";
let world: TestWorld;
let program: GivenKey;
let other: GivenKey;

/** Of `ada`: with `program` two calls and a turn that pays for a tool, with `other` one call, and two without a key; `bo` has one. */
beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: ADMIN } });
  await givenToolPrices(world, { search: "0.5" });
  for (const user of ["ada", "bo"]) await givenCredits(world, user, "100");
  [program, other] = [await givenKey(world), await givenKey(world, "ada", { name: "Another" })];
  const session = await givenSession(world, "ada", { tools: ["search"] });
  const turn = { message: call("search", { query: "a wallet" }) };
  await world.call("POST", `/api/v1/sessions/${session}/turns`, { user: null, headers: program.headers, body: turn });
  await chat(world, {}, { user: null, headers: program.headers });
  await chat(world, { model: "claude-sonnet" }, { user: null, headers: program.headers });
  await chat(world, {}, { user: null, headers: other.headers });
  for (const user of ["ada", "ada", "bo"]) await chat(world, {}, { user });
});
afterAll(() => world.end());

const get = (path: string, user = "ada"): Promise<Answer> => world.call("GET", `/api/v1/users/me/${path}`, { user });
const admin = (path: string): Promise<Answer> => world.call("GET", `/api/v1/admin/usage/${path}`, { user: ADMIN });
const named = ({ id, key }: GivenKey, name: string) => ({ api_key_id: id, api_key_name: name, api_key_prefix: key.slice(0, 12) });
const NONE = { api_key_id: null, api_key_name: null, api_key_prefix: null };
const charged = (rows: readonly Json[]) => sum(rows.map(({ credits_charged: credits }) => amount(credits))).toFixed();

describe("one's own usage", () => {
  it("names the key of each call, in the list and in the file", async () => {
    const { events } = (await get("usage")).json;
    expect(events).toHaveLength(7);
    expect(events.slice(0, 3)).toMatchObject([NONE, NONE, named(other, "Another")]);
    expect(events[3]).toMatchObject({ model_alias: "claude-sonnet", ...named(program, "A program") });
    const file = (await get("usage/export.csv")).text.split("\r\n");
    expect(file[0]).toMatch(/,usage_source,api_key_id,api_key_name,api_key_prefix$/);
    expect(file.filter((line) => line.includes(`,${program.id},A program,${program.key.slice(0, 12)}`))).toHaveLength(4);
  });

  it("can be of one key alone: its list, its file, its sums", async () => {
    const { events, total } = (await get(`usage?api_key_id=${program.id}`)).json;
    expect([events.length, total]).toEqual([4, 4]);
    expect((await get(`usage/export.csv?api_key_id=${other.id}`)).text.split("\r\n")).toHaveLength(3);
    const summary = (await get(`usage/summary?api_key_id=${program.id}&group_by=model`)).json;
    expect(summary.total.calls).toBe(4);
    expect(summary.rows).toMatchObject([{ ...NONE }, { ...NONE }]);
    const debits = (await debitsOf(world)).filter(({ reference_id: turn }) => events.some((event: Json) => event.turn_id === turn));
    expect(summary.total.credits_charged).toBe(sum(debits.map((debit) => amount(debit.amount).neg())).toFixed());
  });

  it("summed by key is what the rollup has, tools with it, by day and model too", async () => {
    const whole = (await get("usage/summary?group_by=model")).json;
    for (const by of ["key", "day,key", "key,model", "day,model,key"]) {
      const { total, rows } = (await get(`usage/summary?group_by=${by}`)).json;
      expect(total).toEqual(whole.total);
      expect(charged(rows)).toBe(whole.total.credits_charged);
    }
    const { rows } = (await get("usage/summary?group_by=key")).json;
    expect(rows.map(({ api_key_name: name, calls }: Json) => [name, calls])).toEqual(
      expect.arrayContaining([
        ["A program", 4],
        ["Another", 1],
        [null, 2],
      ]),
    );
    expect(rows).toContainEqual(expect.objectContaining(named(program, "A program")));
  });

  it("shows nothing of somebody else's key", async () => {
    expect((await get(`usage?api_key_id=${program.id}`, "bo")).json).toMatchObject({ events: [], total: 0 });
    expect((await get(`usage/summary?api_key_id=${program.id}`, "bo")).json).toMatchObject({ total: { calls: 0 }, rows: [] });
    expect((await get(`usage/export.csv?api_key_id=${program.id}`, "bo")).text.split("\r\n")).toHaveLength(2);
    expect((await get("usage?api_key_id=program")).status).toBe(422);
  });

  it("has the key on its receipts", async () => {
    const [event] = (await get(`usage?api_key_id=${program.id}&limit=1`)).json.events;
    expect((await get(`turns/${event.turn_id}`)).json.receipt).toMatchObject({ matches: true, ...named(program, "A program") });
    const ledger = (await get("transactions")).json.transactions;
    const [last, granted] = [ledger.at(0), ledger.at(-1)];
    for (const { id } of [last, granted]) expect((await get(`transactions/${id}/receipt`)).json).toMatchObject(NONE);
  });
});

describe("the admin's usage", () => {
  it("can be of one key: sums, models, days and the file", async () => {
    const own = (await get(`usage/summary?api_key_id=${program.id}`)).json.total;
    const summary = (await admin(`summary?api_key_id=${program.id}&bucket=day`)).json;
    expect(summary).toMatchObject({ total_llm_calls: 4, total_credits_charged: own.credits_charged, daily: [{ call_count: 4 }] });
    expect(summary.breakdown.map(({ model_alias: alias }: Json) => alias).toSorted()).toEqual(["claude-sonnet", "default"]);
    expect((await admin(`summary?api_key_id=${program.id}&user_id=bo`)).json).toMatchObject({ total_llm_calls: 0 });
    const file = (await admin(`export.csv?api_key_id=${other.id}`)).text.split("\r\n");
    expect(file).toHaveLength(3);
    expect([file[0]?.includes("api_key_id"), file[1]?.includes(other.id)]).toEqual([true, true]);
  });
});
