// Append-only: what was charged, booked or done by an admin is never changed or removed, not even by whoever owns the database.

import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { GOOD_ROWS, insertRow } from "../support/rows.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  for (const table of ["admin_actions", "llm_call_events", "tool_call_events", "usage_totals"])
    await insertRow(client, table, GOOD_ROWS[table] ?? {});
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

describe.each(["llm_call_events", "tool_call_events", "credit_transactions", "admin_actions"])("%s", (table) => {
  test.each([
    ["UPDATE", `update ${table} set id = id`, `${table}_append_only`],
    ["DELETE", `delete from ${table}`, `${table}_append_only`],
    ["TRUNCATE", `truncate ${table}`, `${table}_no_truncate`],
    ["an upsert", `insert into ${table} select * from ${table} on conflict (id) do update set id = excluded.id`, `${table}_append_only`],
  ])("refuses %s and keeps every row", async (_what, statement, constraint) => {
    const rows = async () => (await client.query(`select * from ${table}`)).rows;
    const before = await rows();
    expect(before).toHaveLength(1);
    await expect(client.query(statement)).rejects.toMatchObject({ code: "23001", constraint });
    expect(await rows()).toEqual(before);
  });
});

test.each([
  ["UPDATE", "update usage_totals set calls = calls + 1", "usage_totals_append_only"],
  ["DELETE", "delete from usage_totals", "usage_totals_append_only"],
  ["TRUNCATE", "truncate usage_totals", "usage_totals_no_truncate"],
])("the totals of a day refuse %s", async (_what, statement, constraint) => {
  await expect(client.query(statement)).rejects.toMatchObject({ code: "23001", constraint });
});

test("a TRUNCATE that cascades from the wallets stops at the ledger", async () => {
  await expect(client.query("truncate credit_wallets cascade")).rejects.toMatchObject({ constraint: "credit_transactions_no_truncate" });
});
