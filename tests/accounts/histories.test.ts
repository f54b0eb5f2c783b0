// What an admin sees of one person: the whole ledger, every turn and top-up, the receipts, and what was done about them; and not a word
// of what they said.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdminTurnList, AdminTurnRead, ActionList } from "@pantheon/contract/histories.ts";
import { newId } from "@pantheon/contract/id.ts";
import { adminWorld, operate, patchPrice, ROOT, SECOND } from "../support/admin.ts";
import { givenQuarantined, resolve } from "../support/given-quarantined.ts";
import { givenSession, modelsWith, givenPrice, runTurn } from "../support/given.ts";
import { givenTopUp } from "../support/given-top-up.ts";
import { exactly } from "../support/shapes.ts";
import type { Answer, Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
let session: string;
const turns: Json[] = [];

beforeAll(async () => {
  world = await adminWorld({}, { models: modelsWith("fake-500") });
  await givenPrice(world, "fake-500", "1");
  session = await givenSession(world, "ada", { title: "canary-title", system_prompt: "canary-prompt" });
  await operate(world, "POST wallets/ada/grant", { body: { amount: "50", note: "hello", create: true } });
  for (let index = 0; index < 3; index += 1) turns.push((await runTurn(world, session, { message: `canary-${index}` })).json);
  await runTurn(world, session, { message: "canary-failed", alias: "fake-500" });
  const other = await givenSession(world, "bob");
  await runTurn(world, other, { user: "bob" });
});
afterAll(() => world.end());

/** Every row of a list, one a page. */
async function walked(path: string, rows: string): Promise<Json[]> {
  const all: Json[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const { status, json }: Answer = await operate(
      world,
      `GET ${path}${path.includes("?") ? "&" : "?"}limit=1${cursor && `&cursor=${cursor}`}`,
    );
    expect([path, status]).toEqual([path, 200]);
    all.push(...json[rows]);
    cursor = json.next_cursor;
  }
  return all;
}

const today = (): string => new Date().toISOString().slice(0, 10);
const NEVER = "from=2020-01-01&to=2020-12-31";

const figures = (turn: Json) => [turn.id, turn.credits_charged, turn.credits_burned, turn.turn_index];

/** The actions that such a query finds, each with its target. */
async function ids(query: string): Promise<string[]> {
  const { actions, total } = exactly(ActionList, (await operate(world, `GET actions?${query}`)).json);
  if (total !== actions.length) throw new Error(`${actions.length} of ${total} actions are on the page`);
  return actions.map(({ action, target }) => `${action} ${target}`);
}

describe("of one person an admin sees", () => {
  it("the whole ledger, as they see it themselves but for the titles of their sessions", async () => {
    const seen = (await world.call("GET", "/api/v1/users/me/transactions")).json.transactions;
    const own = seen.map((row: Json) => Object.assign({}, row, { description: expect.not.stringContaining("canary") }));
    expect(await walked("users/ada/transactions", "transactions")).toEqual(own);
    expect(own.length).toBe(4);
    expect(await walked(`users/ada/transactions?from=${today()}`, "transactions")).toEqual(own);
    expect(await walked(`users/ada/transactions?${NEVER}`, "transactions")).toEqual([]);
  });

  it("every turn with what it cost, failed ones too, and nothing that was said", async () => {
    const answer = await operate(world, "GET users/ada/turns");
    const { turns: listed, total } = exactly(AdminTurnList, answer.json);
    expect([listed.length, total]).toEqual([4, 4]);
    expect(listed[0]).toMatchObject({ status: "failed", failure_code: "provider_failed", credits_charged: null, turn_index: null });
    expect(listed.slice(1).map(figures)).toEqual(turns.toReversed().map(figures));
    expect(answer.text).not.toContain("canary");
    expect(await walked("users/ada/turns", "turns")).toEqual(listed);
    expect(await walked(`users/ada/turns?${NEVER}`, "turns")).toEqual([]);
  });

  it("one turn with its receipt, also when its session is deleted", async () => {
    const [first] = turns;
    const read = async () => exactly(AdminTurnRead, (await operate(world, `GET turns/${first.id}`)).json);
    const { turn, receipt } = await read();
    expect(turn).toMatchObject({ id: first.id, user_id: "ada", session_id: session, credits_charged: first.credits_charged });
    expect(receipt).toMatchObject({ turn_id: first.id, total: first.credits_charged, matches: true });
    const own = (await world.call("GET", `/api/v1/users/me/turns/${first.id}`)).json.receipt;
    expect(receipt).toEqual({ ...own, description: expect.not.stringContaining("canary") });
    await world.call("DELETE", `/api/v1/sessions/${session}`);
    expect(await read()).toEqual({ turn, receipt });
    expect((await operate(world, `GET turns/${newId()}`)).status).toBe(404);
  });

  it("their top-ups, and nobody else's", async () => {
    const [one, two] = [await givenTopUp(world, { user: "tom" }), await givenQuarantined(world, { user: "tom" })];
    await givenTopUp(world, { user: "una" });
    expect((await walked("users/tom/top-ups", "top_ups")).map(({ id }) => id)).toEqual([two.id, one.id]);
    expect(await walked(`users/tom/top-ups?${NEVER}`, "top_ups")).toEqual([]);
    expect((await walked("top-ups?user_id=tom&status=quarantined", "top_ups")).map(({ id }) => id)).toEqual([two.id]);
    expect((await walked(`top-ups?user_id=una&from=${today()}`, "top_ups")).length).toBe(1);
    expect(await walked(`top-ups?${NEVER}`, "top_ups")).toEqual([]);
    expect((await resolve(world, two.id, { action: "dismiss" }, { user: SECOND })).status).toBe(200);
    expect((await walked(`top-ups?admin_id=${SECOND}`, "top_ups")).map(({ id }) => id)).toEqual([two.id]);
    expect(await walked(`top-ups?admin_id=${ROOT}`, "top_ups")).toEqual([]);
  });

  it("nothing of somebody who was never here, and what there is of somebody who was only granted credits", async () => {
    await operate(world, "POST wallets/gift/grant", { body: { amount: "1", create: true } });
    expect((await walked("users/gift/transactions", "transactions")).length).toBe(1);
    expect(await walked("users/gift/turns", "turns")).toEqual([]);
    for (const path of ["transactions", "turns", "top-ups"]) {
      expect((await operate(world, `GET users/never/${path}`)).json).toMatchObject({ status: 404, detail: "User not found." });
    }
  });
});

describe("the audit", () => {
  it("is of one admin, one target, one person and their top-ups, or some days", async () => {
    const topUp = await givenQuarantined(world, { user: "val" });
    await resolve(world, topUp.id, { action: "dismiss" }, { user: SECOND });
    await operate(world, "POST wallets/val/grant", { body: { amount: "1", create: true }, user: SECOND });
    await patchPrice(world, 1.5);
    expect(await ids("user_id=val")).toEqual(["wallet.grant val", `top_up.dismiss ${topUp.id}`]);
    expect(await ids("target=val")).toEqual(["wallet.grant val"]);
    expect(await ids(`admin_id=${ROOT}&user_id=val`)).toEqual([]);
    expect(await ids(`admin_id=${SECOND}&user_id=val&from=${today()}&to=${today()}`)).toEqual([
      "wallet.grant val",
      `top_up.dismiss ${topUp.id}`,
    ]);
    expect(await ids(`admin_id=${ROOT}&target=2026-02-20/default`)).toEqual(["pricing.patch 2026-02-20/default"]);
    expect(await ids("user_id=2026-02-20/default")).toEqual([]); // a price is nobody
    expect(await ids(NEVER)).toEqual([]);
    expect((await walked(`actions?admin_id=${SECOND}`, "actions")).every((action) => action.admin_id === SECOND)).toBe(true);
  });

  it.each(["admin_id=", "target=", "user_id=%00", "from=x", "from=2026-01-02&to=2026-01-01", "action=x"])("refuses %s", async (query) => {
    expect((await operate(world, `GET actions?${query}`)).status).toBe(422);
  });
});
