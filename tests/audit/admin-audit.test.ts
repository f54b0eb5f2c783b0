// The audit: every change of an admin leaves one row that cannot be taken back, and no change is ever without it.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { givenNoRefusedWrite, givenRefusedWrite } from "../support/fault-trigger.ts";
import { givenSession } from "../support/given.ts";
import { LAUNCH, ROOT, SECOND, WRITES, actionsOf, atOnce, createVersion, operate, adminWorld, refusalOf } from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import type { Answer, Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
  await givenSession(world, "ada");
});
afterAll(() => world.end());

const list = (query = "", user = ROOT) => operate(world, `GET actions${query && `?${query}`}`, { user });
const send = ({ target, body }: (typeof WRITES)[number]) => operate(world, target, { ...(body !== undefined && { body }) });

describe("a write of an admin", () => {
  it("is told by one row: who, what, to whom, by which request, what was there and what is there now", async () => {
    expect((await list()).json).toEqual({ actions: [], total: 0, next_cursor: null });
    const answers: Answer[] = [];
    for (const write of WRITES) answers.push(await send(write));
    const { status, json } = await list();
    expect([status, json.total, json.next_cursor]).toEqual([200, WRITES.length, null]);

    const [first, second] = await grantsTo("ada");
    const items = answers[1]?.json.items;
    const told = [
      ["pricing.patch", `${LAUNCH}/default`, { multiplier: "1" }, { multiplier: "3.25" }],
      ["pricing.create_version", "spring", null, { label: "Spring", effective_date: "2025-03-20", items, tool_credits: null }],
      ["pricing.activate", "spring", { active: LAUNCH }, { active: "spring" }],
      ["settings.enforcement", "enforcement", { override: null }, { override: true }],
      ["settings.enforcement", "enforcement", { override: true }, { override: null }],
      ["wallet.grant", "ada", { balance: "0" }, { balance: "1.5", amount: "1.5", transaction_id: first }],
      ["wallet.grant", "ada", { balance: "1.5" }, { balance: "3.5", amount: "2", transaction_id: second }],
      ["wallet.deduct", "ada", { balance: "3.5" }, { balance: "3", amount: "0.5", transaction_id: answers[7]?.json.transaction_id }],
      ["user.suspend", "ada", { suspended: false, reason: null }, { suspended: true, reason: null }],
      ["user.reactivate", "ada", { suspended: true, reason: null }, { suspended: false, reason: null }],
    ].map(([action, target, before, after], index) => ({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      admin_id: ROOT,
      action,
      target,
      before,
      after,
      request_id: answers[index]?.headers.get("x-request-id"),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    }));
    expect(json.actions).toEqual(told.toReversed());
    expect(new Set(json.actions.map((row: Json) => row.request_id)).size).toBe(WRITES.length);
  });

  it("keeps our id of the request and never the caller's, who could give two the same, and the admin who sent it", async () => {
    const { headers } = await operate(world, "POST wallets/bob/grant", {
      body: { amount: 1, create: true },
      user: SECOND,
      headers: { "X-Request-Id": "ticket-4711" },
    });
    expect((await list("limit=1")).json.actions).toMatchObject([
      { admin_id: SECOND, request_id: headers.get("pantheon-request-id"), target: "bob" },
    ]);
    expect([headers.get("x-request-id"), headers.get("pantheon-request-id")]).toEqual([
      "ticket-4711",
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
  });

  it("leaves no row when it was refused, and none when it was only read", async () => {
    const seen = (await list()).json.total;
    const refused = [
      await operate(world, "PATCH pricing/default", { body: { multiplier: 0, pricing_version: LAUNCH } }),
      await operate(world, "PATCH pricing/nothing", { body: { multiplier: 1, pricing_version: LAUNCH } }),
      await operate(world, "POST wallets/ada/grant", { body: { amount: -1 } }),
      await operate(world, "POST users/nobody/suspend"),
      await operate(world, "POST pricing/versions/none/activate"),
      await createVersion(world, LAUNCH),
      await operate(world, "GET pricing", { user: "ada" }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([422, 404, 422, 404, 404, 409, 403]);
    for (const path of ["pricing", "settings", "wallets/ada", "actions"]) await operate(world, `GET ${path}`);
    expect((await list()).json.total).toBe(seen);
  });

  it("does not happen when its row cannot be written: whatever it is, nothing of it remains", async () => {
    await operate(world, `POST pricing/versions/${LAUNCH}/activate`);
    const before = await tracesOf(world);
    await givenRefusedWrite(world, { table: "admin_actions", on: "insert" });
    try {
      for (const { action, target, body } of WRITES) {
        const lost = { ...(body !== undefined && { body: action === "pricing.create_version" ? { ...body, version: "lost" } : body }) };
        for (const options of [lost, { ...lost, key: "lost" }]) {
          expect([target, refusalOf(await operate(world, target, options))]).toEqual([target, "500 internal"]);
        }
      }
    } finally {
      await givenNoRefusedWrite(world);
    }
    expect(await tracesOf(world)).toEqual(before);
  });

  it("does not happen when its key cannot be written, and is done when it is sent again", async () => {
    const before = await tracesOf(world);
    await givenRefusedWrite(world, { table: "idempotency_keys", on: "insert" });
    const grant = () => operate(world, "POST wallets/ada/grant", { key: "again", body: { amount: "4" } });
    expect(refusalOf(await grant())).toBe("500 internal");
    await givenNoRefusedWrite(world);
    expect(await tracesOf(world)).toEqual(before);
    expect([(await grant()).status, (await grant()).headers.get("idempotency-replayed")]).toEqual([200, "true"]);
  });
});

describe("the rows of the audit", () => {
  it.each(["update admin_actions set admin_id = 'x'", "delete from admin_actions", "truncate admin_actions"])(
    "refuse: %s",
    async (statement) => {
      const before = await actionsOf(world);
      await expect(sql.raw(statement).execute(world.deps.db.query)).rejects.toMatchObject({ code: "42501" });
      await expect(sql.raw(statement).execute(world.owner.query)).rejects.toThrow(/append-only/);
      expect(await actionsOf(world)).toEqual(before);
    },
  );

  it("are counted as they are written, also by many at once, so that a list's total counts no rows", async () => {
    await atOnce(60, (index) => operate(world, `POST wallets/counted-${index % 7}/grant`, { body: { amount: "0.01", create: true } }));
    const { rows } = await sql<{ counted: string; rows: string }>`
      select admin_actions as counted, (select count(*) from admin_actions) as rows from runtime_settings`.execute(world.deps.db.query);
    expect(rows[0]?.counted).toBe(rows[0]?.rows);
    expect((await list("limit=1")).json.total).toBe(Number(rows[0]?.rows));
  });
});

describe("the list of the audit", () => {
  it("is newest first, and is walked by cursor and by offset alike, each row once, while others are added", async () => {
    const all: Json[] = (await list("limit=200")).json.actions;
    const times = all.map(({ created_at: time }) => Date.parse(time));
    expect([times, all.length]).toEqual([times.toSorted((a, b) => b - a), (await list()).json.total]);
    const walked: Json[] = [];
    let query = "limit=7";
    for (let page = 0; page < 50 && query !== ""; page += 1) {
      const { json } = await list(query);
      walked.push(...json.actions);
      query = json.next_cursor === null ? "" : `limit=7&cursor=${json.next_cursor}`;
      await operate(world, "POST wallets/walked/grant", { body: { amount: "0.01", create: true } });
    }
    expect(walked).toEqual(all);
    expect((await list(`limit=5&offset=${(await list()).json.total - 5}`)).json).toMatchObject({
      actions: all.slice(-5),
      next_cursor: null,
    });
  });

  it("refuses what is no page of it, and a cursor of another admin", async () => {
    const { next_cursor: cursor } = (await list("limit=1")).json;
    expect(cursor).toEqual(expect.any(String));
    for (const [query, at] of [
      ["limit=0", "limit"],
      ["limit=201", "limit"],
      ["offset=10001", "offset"],
      ["offset=-1", "offset"],
      ["cursor=", "cursor"],
      ["cursor=x", "cursor"],
      [`cursor=${cursor}&offset=0`, "cursor"],
      ["admin=root", "admin"],
      ["limit=1&limit=2", "limit"],
    ] as const) {
      expect([query, refusalOf(await list(query))]).toEqual([query, `422 invalid_request at ${at}`]);
    }
    expect(refusalOf(await list(`cursor=${cursor}`, SECOND))).toBe("422 invalid_request at cursor");
  });
});

/** The ids of somebody's grants, oldest first. */
async function grantsTo(user: string): Promise<string[]> {
  const rows = await world.deps.db.query
    .selectFrom("credit_transactions")
    .select("id")
    .where("user_id", "=", user)
    .orderBy("seq")
    .execute();
  return rows.map(({ id }) => id);
}
