// The revision: every change of a price or a setting raises it exactly once a statement, whoever makes it; nothing else does.

import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const ACTIVATE = "update pricing_versions set is_active = (version = 'next') where is_active or version = 'next'";

test.each([
  ["one price", 1, "update model_pricing set multiplier = 3 where model_alias = 'gpt-4o'"],
  ["every price", 1, "update model_pricing set multiplier = multiplier + 1"],
  ["a new version", 1, "insert into pricing_versions (version, label, effective_date) values ('next', 'Next', '2027-01-01')"],
  [
    "a price set by an upsert",
    1,
    "insert into model_pricing values ('2026-02-20', 'gpt-4o', 3) on conflict (pricing_version, model_alias) do update set multiplier = excluded.multiplier",
  ],
  ["a change of no row", 0, "update model_pricing set multiplier = 3 where model_alias = 'nobody'"],
  ["a new price", 1, "insert into model_pricing values ('2026-02-20', 'new', 1)"],
  ["a version with its prices, the statements of the triggers being two", 2, withPrices()],
  [
    "the switch to another version",
    1,
    ACTIVATE,
    "insert into pricing_versions (version, label, effective_date) values ('next', 'Next', '2027-01-01')",
  ],
  ["enforcement switched on", 1, "update runtime_settings set enforcement_override = true"],
  [
    "enforcement given back to the default",
    1,
    "update runtime_settings set enforcement_override = null",
    "update runtime_settings set enforcement_override = true",
  ],
  ["enforcement and the revision together", 1, "update runtime_settings set enforcement_override = true, revision = revision + 1"],
  ["enforcement set to what it is", 0, "update runtime_settings set enforcement_override = null"],
  ["a grant", 0, "insert into credit_wallets (user_id) values ('w')"],
  ["a user", 0, "insert into users (id) values ('u')"],
  ["a day of usage", 0, "insert into usage_daily (day, user_id, model_alias) values ('2026-01-01', 'u', 'default')"],
  ["reading prices", 0, "select * from model_pricing for update"],
])("%s raises it by %i", async (_what, by, statement, before = "select") => {
  await client.query("begin");
  try {
    await client.query(before);
    const old = await revision();
    await client.query(statement);
    expect((await revision()) - old).toBe(BigInt(by));
  } finally {
    await client.query("rollback");
  }
});

test.each([
  ["the revision going down", "update runtime_settings set revision = revision - 1", "runtime_settings_revision_rises"],
  ["the settings removed", "delete from runtime_settings", "runtime_settings_no_delete"],
  ["the settings truncated", "truncate runtime_settings", "runtime_settings_no_truncate"],
  ["a price removed", "delete from model_pricing where model_alias = 'gpt-4o'", "model_pricing_no_delete"],
  ["the prices truncated", "truncate model_pricing", "model_pricing_no_truncate"],
  ["a price under another alias", "update model_pricing set model_alias = 'x' where model_alias = 'gpt-4o'", "model_pricing_keep"],
  ["a price under another version", "update model_pricing set pricing_version = 'x'", "model_pricing_keep"],
  ["a version removed", "delete from pricing_versions", "pricing_versions_no_delete"],
  ["the versions truncated", "truncate pricing_versions cascade", "pricing_versions_no_truncate"],
  ["a version's weights changed", "update pricing_versions set weight_fresh = 0.5", "pricing_versions_keep"],
  ["a version's label changed", "update pricing_versions set label = 'x'", "pricing_versions_keep"],
])("%s is refused and leaves the revision alone", async (_what, statement, constraint) => {
  const old = await revision();
  await expect(client.query(statement)).rejects.toMatchObject({ constraint });
  expect(await revision()).toBe(old);
});

test("changes at once from many connections all count", async () => {
  const old = await revision();
  const clients = Array.from({ length: 8 }, () => new Client({ connectionString: database.url }));
  await Promise.all(clients.map((each) => each.connect()));
  await Promise.all(
    clients.map((each) => each.query("update model_pricing set multiplier = multiplier + 0.1 where model_alias = 'gpt-4o'")),
  );
  await Promise.all(clients.map((each) => each.end()));
  expect((await revision()) - old).toBe(8n);
});

function withPrices(): string {
  return `with v as (insert into pricing_versions (version, label, effective_date) values ('next', 'Next', '2027-01-01') returning version)
    insert into model_pricing select v.version, m.model_alias, m.multiplier from v, model_pricing m where m.pricing_version = '2026-02-20'`;
}

async function revision(): Promise<bigint> {
  const { rows } = await client.query<{ revision: string }>("select revision from runtime_settings");
  return BigInt(rows[0]?.revision ?? "-1");
}
