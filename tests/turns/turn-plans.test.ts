// How the statements of a turn find their rows. They are planned once a connection, perhaps while the tables are new and empty, and that
// plan then serves for as long as the connection lives: it must be right without knowing how much there will be.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Prepared } from "@pantheon/core/db/prepared.ts";
import { openTurn } from "@pantheon/core/ledger/statements/open-turn.ts";
import { settleTurn } from "@pantheon/core/ledger/statements/settle-turn.ts";
import { voidTurn } from "@pantheon/core/ledger/statements/void-turn.ts";
import { renewTurn } from "@pantheon/core/turns/statements/renew-turn.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;

beforeAll(async () => {
  world = await testWorld();
});

afterAll(() => world.end());

describe("the plan that is made for a database without rows", () => {
  it.each([
    ["settle", settleTurn],
    ["void", voidTurn],
    ["renew", renewTurn],
  ])("lets %s find its turn by the id, whatever else that person runs", async (_name, statement: Prepared<never, unknown>) => {
    const plan = await planOf(statement);
    expect(plan).toContain("using turns_pkey on turns");
    expect(plan).not.toMatch(/using turns_(?:running|user|key)/);
  });

  it("lets an open look for a key only where one came along", async () => {
    const [, keyed = ""] = /CTE keyed\n([\s\S]*?)\n {2}CTE /.exec(await planOf(openTurn)) ?? [];
    expect(keyed).toMatch(/One-Time Filter: \(\$\d+ IS NOT NULL\)/);
  });
});

/** The generic plan, which a named statement is given after its first five uses. */
async function planOf(statement: Prepared<never, unknown>): Promise<string> {
  const { rows } = await sql<{ "QUERY PLAN": string }>`explain (generic_plan, costs off) ${sql.raw(statement.text)}`.execute(
    world.deps.db.query,
  );
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}
