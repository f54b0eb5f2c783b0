// People as admins find them: by the beginning of an id or an address, by state, in each order, page by page, and one by one.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { operate, adminWorld, refusalOf } from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import type { Answer, Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
  for (const user of ["p_ann", "p_bob", "p%cat", "pXann", "P_ann", "p\\dan"]) await givenSession(world, user);
  await givenCredits(world, "p_ann", "10");
  await givenCredits(world, "p_bob", "4.99999999");
});
afterAll(() => world.end());

const find = (query: Record<string, string>) => operate(world, `GET users?${new URLSearchParams(query).toString()}`);
const idsOf = ({ json }: Answer): string[] => json.users.map((person: Json) => person.user_id);
const found = async (query: Record<string, string>) => idsOf(await find(query)).toSorted();

const rowOf = (id: string) => world.deps.db.query.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst();

/** Calls as this user with a token that names this address. */
async function asVisitor(user: string, email: string, path = "/api/v1/auth/me"): Promise<Answer> {
  const token = await world.issuer.token({ user, email });
  return world.call("GET", path, { user: null, headers: { Authorization: `Bearer ${token}` } });
}

describe("the list of people", () => {
  it("says of each who they are, what they have and when they were here", async () => {
    const session = await givenSession(world, "whole");
    const first = await runTurn(world, session, { user: "whole" });
    const last = await runTurn(world, session, { user: "whole" });
    await asVisitor("whole", "Whole@Example.com");
    const [person] = (await find({ query: "whole" })).json.users;
    const { balance_after: balance } = last.json;
    expect(person).toEqual({
      user_id: "whole",
      email: "Whole@Example.com",
      created_at: expect.any(String),
      last_seen_at: expect.any(String),
      suspended: false,
      suspension_reason: null,
      balance,
      held: "0",
      available: balance,
      low_balance: true,
      first_turn_at: first.json.completed_at,
      last_turn_at: last.json.completed_at,
    });
    expect(person.last_seen_at >= last.json.completed_at && person.created_at < first.json.completed_at).toBe(true);
  });

  it("is searched by the beginning of an id, letter by letter, and no character is a pattern", async () => {
    expect(await found({ query: "p_" })).toEqual(["p_ann", "p_bob"]);
    expect(await found({ query: "p%" })).toEqual(["p%cat"]);
    expect(await found({ query: "p\\" })).toEqual(["p\\dan"]);
    expect(await found({ query: "P_a" })).toEqual(["P_ann"]);
    expect(await found({ query: "_ann" })).toEqual([]);
    expect(await found({ query: "%" })).toEqual([]);
  });

  it("is searched by the beginning of an address, in any case", async () => {
    for (const [user, email] of [
      ["mail-1", "Émile_Zola@Example.com"],
      ["mail-2", "emilexzola@example.com"],
    ] as const) {
      await givenSession(world, user);
      await asVisitor(user, email);
    }
    expect(await found({ query: "éMILE_z" })).toEqual(["mail-1"]);
    expect(await found({ query: "EMILE" })).toEqual(["mail-2"]);
    expect(await found({ query: "emile_" })).toEqual([]);
    expect(await found({ query: "zola" })).toEqual([]);
  });

  it("shows those of a state, and counts them alone", async () => {
    await operate(world, "POST users/p_bob/suspend", { body: { reason: "Asked for it" } });
    const suspended = (await find({ state: "suspended" })).json;
    expect([suspended.total, suspended.users]).toEqual([
      1,
      [expect.objectContaining({ user_id: "p_bob", suspension_reason: "Asked for it" })],
    ]);
    await operate(world, "POST users/p_bob/reactivate");
    expect(await found({ state: "suspended" })).toEqual([]);
    await runTurn(world, await givenSession(world, "below"), { user: "below" }); // enforcement is off: below zero
    const low = await found({ state: "low" });
    expect([low.includes("p_bob"), low.includes("below"), low.includes("p_ann")]).toEqual([true, true, false]);
    const negative = await found({ state: "negative" });
    expect([negative.includes("below"), negative.includes("p_bob")]).toEqual([true, false]);
    expect((await find({ state: "negative", query: "below" })).json.total).toBe(1);
  });

  it.each(["newest", "balance", "last_turn"])(
    "ordered by %s is the same page by page as in one, without a gap or a repeat",
    async (order) => {
      const whole = (await find({ order, limit: "200" })).json;
      const key = { newest: "created_at", balance: "balance", last_turn: "last_turn_at" }[order] ?? "";
      const keys: number[] = whole.users.map((person: Json) =>
        order === "balance" ? Number(person[key]) : Date.parse(person[key] ?? "2000-01-01"),
      );
      expect(keys).toEqual(keys.toSorted((a, b) => b - a));
      const seen: string[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const { json }: Answer = await find({ order, limit: "2", ...(cursor !== "" && { cursor }) });
        seen.push(...json.users.map((person: Json) => person.user_id));
        cursor = json.next_cursor;
      }
      expect([seen, seen.length]).toEqual([whole.users.map((person: Json) => person.user_id), whole.total]);
    },
  );

  it("takes no cursor of another search, state, order or admin", async () => {
    const { next_cursor: cursor } = (await find({ limit: "1" })).json;
    for (const other of [{ query: "p" }, { state: "low" }, { order: "last_turn" }, { order: "balance" }]) {
      expect(refusalOf(await find({ cursor, ...other }))).toBe("422 invalid_request at cursor");
    }
    expect(refusalOf(await operate(world, `GET users?cursor=${cursor}`, { user: "second" }))).toBe("422 invalid_request at cursor");
    expect((await find({ cursor })).status).toBe(200);
  });

  it("refuses what is no search", async () => {
    for (const query of [
      { query: "" },
      { query: "\u0000" },
      { query: "a\n" },
      { query: "x".repeat(321) },
      { state: "ALL" },
      { order: "id" },
    ]) {
      expect(refusalOf(await find(query))).toBe(`422 invalid_request at ${Object.keys(query)[0]}`);
    }
    expect((await find({ query: "' or true --" })).json).toEqual({ users: [], total: 0, next_cursor: null });
  });
});

describe("one person", () => {
  it("is read with their wallet and its latest rows", async () => {
    const { json } = await operate(world, "GET users/p_ann");
    const [listed] = (await find({ query: "p_ann" })).json.users;
    const figures = { user_id: "p_ann", balance: "10", held: "0", available: "10" };
    expect(json).toEqual({
      ...listed,
      wallet: { ...figures, recent_transactions: [expect.objectContaining({ kind: "grant", amount: "10" })] },
    });
  });

  it("is 404 when they were never here, also when they were granted credits", async () => {
    await givenCredits(world, "granted-only", "1");
    for (const id of ["never-here", "granted-only", "P_Ann", "a%0Ab", "u".repeat(65)]) {
      const answer = await operate(world, `GET users/${id}`);
      expect([refusalOf(answer), answer.json.detail]).toEqual(["404 not_found", "User not found."]);
    }
  });
});

describe("being seen", () => {
  it("keeps the address of the token, and what is known when a token names none", async () => {
    await givenSession(world, "mover");
    for (const [email, kept] of [
      ["a@example.com", "a@example.com"],
      ["b@example.com", "b@example.com"],
    ] as const) {
      await asVisitor("mover", email);
      expect((await rowOf("mover"))?.email).toBe(kept);
    }
    await world.call("GET", "/api/v1/auth/me", { user: "mover" });
    expect((await rowOf("mover"))?.email).toBe("b@example.com");
  });

  it("writes once a day, and nothing of somebody who was never here", async () => {
    await givenSession(world, "daily");
    const ask = () => world.call("GET", "/api/v1/auth/me", { user: "daily" });
    const before = await tracesOf(world);
    for (let time = 0; time < 3; time += 1) await ask();
    await world.call("GET", "/api/v1/auth/me", { user: "passer-by" });
    expect(await tracesOf(world)).toEqual(before);
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    await world.owner.query.updateTable("users").set({ last_seen_at: yesterday }).where("id", "=", "daily").execute();
    await ask();
    const seen = (await rowOf("daily"))?.last_seen_at;
    expect(seen && seen > yesterday).toBe(true);
    await ask();
    expect((await rowOf("daily"))?.last_seen_at).toEqual(seen);
  });

  it("makes a row of whoever starts a top-up, so that admins find them", async () => {
    const start = { user: "buyer", body: { amount_usd: "5" } };
    expect((await world.call("POST", "/api/v1/users/me/wallet/top-up", start)).status).toBe(200);
    expect((await operate(world, "GET users/buyer")).json).toMatchObject({ user_id: "buyer", balance: "0", first_turn_at: null });
  });
});
