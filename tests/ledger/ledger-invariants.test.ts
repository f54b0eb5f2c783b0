// Every invariant notices its own fault, and no other one raises a false alarm: each fault is planted by SQL as the database's owner, past
// the triggers that refuse it, in a transaction that is rolled back.

import { sql, type RawBuilder } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { NO_PATIENCE, PATIENCE } from "@pantheon/core/ledger/invariants/invariant.ts";
import { FAULTS } from "../support/ledger-faults.ts";
import { storyWorld, tellStory, type LedgerStory } from "../support/ledger-story.ts";

let story: LedgerStory;
beforeAll(async () => {
  story = await tellStory(await storyWorld());
});
afterAll(() => story.world.end());

test("a story of everything keeps every invariant", async () => {
  expect(await brokenBy([], NO_PATIENCE)).toEqual([]);
});

test.each(FAULTS)("%s is broken by %s, and by nothing else", async (name, _what, planted) => {
  const broken = await brokenBy(planted(story), NO_PATIENCE);
  expect(broken).toEqual([name]);
});

test("a refund that is recorded and not applied counts after an hour, told from its newest word and from the grant", async () => {
  const [state, back] = [
    sql`update reversals set state = 'succeeded' where state = 'failed'`,
    (table: string, column: string, by: string) =>
      sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.ref(column)} - ${by}::interval`,
  ];
  const recorded = (by: string) => back("reversals", "updated_at", by);
  const written = (by: string) => back("credit_transactions", "created_at", by);
  expect(await brokenBy([state], PATIENCE)).toEqual([]);
  expect(await brokenBy([state, recorded("61 minutes")], PATIENCE)).toEqual([]);
  expect(await brokenBy([state, written("61 minutes")], PATIENCE)).toEqual([]);
  expect(await brokenBy([state, recorded("59 minutes"), written("61 minutes")], PATIENCE)).toEqual([]);
  expect(await brokenBy([state, recorded("61 minutes"), written("61 minutes")], PATIENCE)).toEqual(["target"]);
});

test("a database's clock may step back by a second, and no further", async () => {
  expect(await brokenBy([stepped("0.9 seconds")], PATIENCE)).toEqual([]);
  expect(await brokenBy([stepped("1 hour")], PATIENCE)).toEqual(["time"]);
});

test("a response whose members stand in another order, or with spaces, is read and not only looked at", async () => {
  const respelled = sql`update turns set response_body = response_body::jsonb::text where response_body is not null`;
  expect(await brokenBy([respelled], NO_PATIENCE)).toEqual([]);
});

/** The names of what is broken after these statements; afterwards all is as it was. */
async function brokenBy(statements: readonly RawBuilder<unknown>[], patience: typeof PATIENCE): Promise<string[]> {
  const trx = await story.world.owner.report.startTransaction().execute();
  try {
    await sql`set local session_replication_role = replica`.execute(trx); // no trigger refuses it
    for (const statement of statements) await statement.execute(trx);
    return (await checkInvariants({ report: trx }, patience)).filter(({ broken }) => broken !== 0).map(({ name }) => name);
  } finally {
    await trx.rollback().execute();
  }
}

/** The first ledger row is dated later than the next. */
function stepped(by: string): RawBuilder<unknown> {
  return sql`update credit_transactions set created_at = created_at + ${by}::interval where user_id = 'ada' and seq = 1`;
}
