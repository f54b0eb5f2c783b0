// Which admin read what of whom: a row a read, never one without the other; and what leaves none.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, SECOND, adminWorld, operate, refusalOf } from "../support/admin.ts";
import { givenSession, modelsWith, runTurn } from "../support/given.ts";
import { tracesOf } from "../support/traces.ts";
import type { Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
let turn: string;
beforeAll(async () => {
  world = await adminWorld({ ADMIN_READ_IDS: "reader" }, { models: modelsWith("openai/gpt-4o-mini") });
  turn = (await runTurn(world, await givenSession(world))).json.id;
});
afterAll(() => world.end());

/** What was written down since the last look, oldest first. */
async function noted(): Promise<Json[]> {
  const { rows } = await sql<Json>`select admin_id, operation, target, request_id from admin_reads order by created_at, id`.execute(
    world.owner.query,
  );
  return rows.slice(seen, (seen = rows.length));
}
let seen = 0;

describe("an admin's read of somebody", () => {
  it.each([
    ["users/ada", "users/{id}", "ada"],
    ["users/ada/transactions?limit=1", "users/{id}/transactions", "ada"],
    ["users/ada/turns", "users/{id}/turns", "ada"],
    ["users/ada/top-ups", "users/{id}/top-ups", "ada"],
    ["users/%61da", "users/{id}", "ada"],
    ["wallets/ada", "wallets/{id}", "ada"],
    ["usage/export.csv?user_id=ada", "usage/export.csv", "ada"],
    ["usage/export.csv", "usage/export.csv", null],
    ["top-ups?user_id=ada", "top-ups", "ada"],
    ["users?query=a", "users", null],
    ["reversals?user_id=ada", "reversals", "ada"],
    ["analytics/would-refuse", "analytics/would-refuse", null],
    ["analytics/margin?user_id=ada", "analytics/margin", "ada"],
  ])("at %s is written down as %s of %s, once", async (path, operation, target) => {
    await noted();
    const { status, headers } = await operate(world, `GET ${path}`, { user: SECOND });
    expect(status).toBe(200);
    expect(await noted()).toEqual([{ admin_id: SECOND, operation, target, request_id: headers.get("x-request-id") }]);
  });

  it("of a turn names the turn, and is found by its person", async () => {
    await noted();
    expect((await operate(world, `GET turns/${turn}`, { user: "reader" })).status).toBe(200);
    expect(await noted()).toMatchObject([{ admin_id: "reader", operation: "turns/{id}", target: turn }]);
    const { json } = await operate(world, "GET reads?user_id=ada&admin_id=reader");
    expect(json).toMatchObject({ total: 1, reads: [{ admin_id: "reader", operation: "turns/{id}", target: turn }] });
  });

  it("is written down also when there is nobody of that id, and no id can break it", async () => {
    await noted();
    for (const id of ["nobody", "%00", "%ff", "x".repeat(65), "a%2Fb"]) await operate(world, `GET users/${id}`);
    expect((await noted()).map(({ target }) => target)).toEqual(["nobody", null, null, null, "a/b"]);
  });

  it("is not answered when it cannot be written down", async () => {
    await sql`alter table admin_reads add constraint admin_reads_away check (operation <> 'wallets/{id}') not valid`.execute(
      world.owner.query,
    );
    const { status, text } = await operate(world, "GET wallets/ada");
    await sql`alter table admin_reads drop constraint admin_reads_away`.execute(world.owner.query);
    expect([status, text.includes("balance")]).toEqual([500, false]);
  });
});

describe("no trace is left", () => {
  it.each(["settings", "pricing", "pricing/versions", "reads", "cash", "analytics/margin", "reconciliation"])(
    "by GET %s, which is of nobody",
    async (path) => {
      await noted();
      expect((await operate(world, `GET ${path}`)).status).toBe(200);
      expect(await noted()).toEqual([]);
    },
  );

  it("by whoever is no admin: they read nothing", async () => {
    const before = await tracesOf(world);
    expect(refusalOf(await operate(world, "GET users/bob", { user: "ada" }))).toBe("403 forbidden");
    expect(await tracesOf(world)).toEqual(before);
  });

  it.each(["update admin_reads set admin_id = 'x'", "delete from admin_reads", "truncate admin_reads"])(
    "or removed by the application: %s",
    async (attack) => {
      await operate(world, "GET users/ada");
      await expect(sql.raw(attack).execute(world.deps.db.query)).rejects.toMatchObject({ code: "42501" });
    },
  );

  it("is what the list says of who asked first", async () => {
    await operate(world, "GET users/ada", { user: ROOT });
    const { json } = await operate(world, "GET reads?limit=1");
    expect(json.reads).toMatchObject([{ admin_id: ROOT, operation: "users/{id}", target: "ada" }]);
  });
});
