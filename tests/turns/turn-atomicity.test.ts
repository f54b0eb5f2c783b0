// A turn's rows appear together or not at all: each of the seven tables refuses in turn, and nothing of that statement remains.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openDirectly, settleDirectly } from "../support/direct-turn.ts";
import { givenNoRefusedWrite, givenRefusedWrite, type RefusedWrite } from "../support/fault-trigger.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf, pictureOf, rollupOf, turnsOf, walletOf } from "../support/ledger.ts";
import { toolEventOf } from "../support/given-tools.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let users = 0;
let lost = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld();
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  await givenCredits(world, user, "10");
});
afterEach(async () => {
  await givenNoRefusedWrite(world);
  await world.assertLedger();
});
afterAll(() => world.end());

const AT_SETTLE: readonly RefusedWrite[] = [
  { table: "turns", on: "update", when: "new.status = 'completed'" },
  { table: "credit_wallets", on: "update", when: "new.balance < old.balance" },
  { table: "llm_call_events", on: "insert" },
  { table: "credit_transactions", on: "insert" },
  { table: "usage_daily", on: "insert" },
];

// Two statements where the settle is one, and the first of them would have left its rows. A refusal that no retry mends voids the
// turn at once: without that the hold would stay, and the key answer 409, until the lease ends.
test.each(AT_SETTLE)(
  "when $table refuses at settle nothing of it remains, and the same key runs again at once, charged once",
  async (write) => {
    await givenRefusedWrite(world, write);
    const refused = await runTurn(world, session, { user, key: "once" });
    expect(refused.status).toBe(500);

    const [turn] = await turnsOf(world, user);
    expect(turn).toMatchObject({ status: "failed", assistant_output: null, response_body: null, balance_after: null, completed_at: null });
    expect(await walletOf(world, user)).toEqual({ balance: "10.00000000", held: "0.00000000", seq: "1" });
    expect(world.log.counted("lost_revenue")).toBe((lost += 1));
    expect(await eventsOf(world, user)).toEqual([]);
    expect(await debitsOf(world, user)).toEqual([]);
    expect(await rollupOf(world, user)).toEqual({ calls: 0, refused: 0 });

    await givenNoRefusedWrite(world);
    await expectChargedOnce(await runTurn(world, session, { user, key: "once" }));
  },
);

test.each<RefusedWrite>([
  { table: "turns", on: "insert" },
  { table: "credit_wallets", on: "update", when: "new.held > old.held" },
])("when $table refuses at open nothing of it remains, no model is called, and the same key runs", async (write) => {
  const before = await pictureOf(world);
  const calls = world.provider.calls();
  await givenRefusedWrite(world, write);
  expect((await runTurn(world, session, { user, key: "once" })).status).toBe(500);
  expect(await pictureOf(world)).toBe(before);
  expect(world.provider.calls()).toBe(calls);

  await givenNoRefusedWrite(world);
  await expectChargedOnce(await runTurn(world, session, { user, key: "once" }));
});

const TOOLS = [toolEventOf({ call_index: 0, latency_ms: 12 }), toolEventOf({ call_index: 1, tool_name: "file_read", status: "error" })];

test("when tool_call_events refuses nothing of the settle remains; without the fault tools, debit and turn appear together", async () => {
  const opened = await openDirectly(world, { user, session });
  const turn = { id: opened.turn ?? "", user, attempt: 1 };
  const before = await pictureOf(world);
  await givenRefusedWrite(world, { table: "tool_call_events", on: "insert" });
  await expect(settleDirectly(world, turn, { tools: TOOLS })).rejects.toThrow("refused by the test");
  expect(await pictureOf(world)).toBe(before);

  await givenNoRefusedWrite(world);
  expect(await settleDirectly(world, turn, { tools: TOOLS })).toMatchObject({ charge: "0.00100000" });
  const tools = await world.deps.db.query
    .selectFrom("tool_call_events")
    .selectAll()
    .where("turn_id", "=", turn.id)
    .orderBy("call_index")
    .execute();
  expect(tools).toMatchObject(TOOLS);
  expect(tools.map((tool) => [tool.user_id, tool.session_id, tool.attempt])).toEqual(TOOLS.map(() => [user, session, 1]));
  expect(await debitsOf(world, user)).toMatchObject([{ amount: "-0.00100000", balance_after: "9.99900000", reference_id: turn.id }]);
});

async function expectChargedOnce(answer: Awaited<ReturnType<typeof runTurn>>): Promise<void> {
  expect(answer.status).toBe(201);
  const turns = await turnsOf(world, user);
  expect(turns).toHaveLength(1);
  expect(turns[0]).toMatchObject({ id: answer.json.id, status: "completed", turn_index: 1 });
  const [event] = await eventsOf(world, user);
  const debits = await debitsOf(world, user);
  expect(debits).toMatchObject([{ amount: `-${event?.credits_charged}`, reference_id: answer.json.id }]);
  expect(await walletOf(world, user)).toEqual({ balance: debits[0]?.balance_after, held: "0.00000000", seq: "2" });
  expect(await rollupOf(world, user)).toEqual({ calls: 1, refused: 0 });
}
