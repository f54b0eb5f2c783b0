// Who acts and whose wallet pays are two slots of a turn's statements. The product fills both with one id; here they differ, so that a
// statement that takes one for the other is seen.

import { afterAll, beforeAll, expect, test } from "vitest";
import { reopenTurn } from "@pantheon/core/ledger/statements/reopen-turn.ts";
import { sweepTurns } from "@pantheon/core/ledger/statements/sweep-turns.ts";
import { voidTurn } from "@pantheon/core/ledger/statements/void-turn.ts";
import { gateInput, openDirectly, settleDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenSession } from "../support/given.ts";
import { debitsOf, lapse, walletOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const [ACTOR, WALLET] = ["ada", "house"];

let world: TestWorld;
let session: string;
beforeAll(async () => {
  world = await testWorld();
  session = await givenSession(world, ACTOR);
  await givenSession(world, WALLET); // a person, too
  for (const user of [ACTOR, WALLET]) await givenCredits(world, user, "10");
});
// Once the turns are said to be of whoever paid, the ledger has to add up.
afterAll(async () => {
  await world.owner.query.updateTable("turns").set({ user_id: WALLET }).execute();
  await world.end();
});

test("a turn is opened, reopened, swept, voided and settled in the wallet that pays, and the actor's stays as it is", async () => {
  const { turn, hold } = await openDirectly(world, { user: ACTOR, session }, { wallet: WALLET });
  if (turn === null || hold === null) throw new Error("the turn did not open");
  const place = { turn, wallet: WALLET, actor: ACTOR };
  expect(await heldOf(WALLET)).toBe(hold);
  expect(await world.deps.db.run(voidTurn, { ...place, attempt: 1, failure: "provider_failed" })).toEqual([{ held: "0.00000000" }]);
  await reopen(turn);
  expect(await heldOf(WALLET)).toBe(hold);
  await lapse(world, ACTOR);
  expect(await world.deps.db.run(sweepTurns, { wallet: WALLET, actor: ACTOR })).toEqual([{ voided: 1, released: hold }]);
  await reopen(turn);
  const settled = await settleDirectly(world, { id: turn, user: ACTOR, wallet: WALLET, attempt: 3 });
  expect(settled).toMatchObject({ charge: "0.00100000", balance_after: "9.99900000" });
  expect(await walletOf(world, WALLET)).toMatchObject({ balance: "9.99900000", held: "0.00000000" });
  expect(await walletOf(world, ACTOR)).toMatchObject({ balance: "10.00000000", held: "0.00000000" });
  expect(await debitsOf(world, WALLET)).toMatchObject([{ amount: "-0.00100000", reference_id: turn }]);
  expect([await debitsOf(world, ACTOR), await payersOf(turn)]).toEqual([[], [WALLET]]);
});

test("a turn is nobody's but its actor's, whosever wallet is named", async () => {
  const mine = await givenSession(world, ACTOR);
  expect(await openDirectly(world, { user: WALLET, session: mine }, { wallet: WALLET })).toMatchObject({ session: null, turn: null });
  const { turn } = await openDirectly(world, { user: ACTOR, session: mine }, { wallet: WALLET });
  if (turn === null) throw new Error("the turn did not open");
  const another = { turn, wallet: WALLET, actor: WALLET, attempt: 1, failure: "provider_failed" };
  expect(await world.deps.db.run(voidTurn, another)).toEqual([]);
  expect(await settleDirectly(world, { id: turn, user: WALLET, wallet: WALLET, attempt: 1 })).toBeUndefined();
});

async function reopen(turn: string): Promise<void> {
  const catalog = await world.deps.catalog.current();
  const input = gateInput(catalog, { user: ACTOR, session }, { turn, wallet: WALLET });
  expect(await world.deps.db.run(reopenTurn, input)).toMatchObject([{ turn }]);
}

async function heldOf(user: string): Promise<string | undefined> {
  return (await world.deps.db.query.selectFrom("credit_wallets").select("held").where("user_id", "=", user).executeTakeFirst())?.held;
}

/** Whose the usage of a turn is. */
async function payersOf(turn: string): Promise<string[]> {
  const rows = await world.deps.db.query.selectFrom("llm_call_events").select("user_id").where("turn_id", "=", turn).execute();
  return rows.map(({ user_id }) => user_id);
}
