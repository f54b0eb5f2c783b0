// The guards of the turn's statements, one at a time and without the rooms above them, which would hide that one is missing: the
// once-guard, the fence, the lease, the debit's place, the rollup of several calls, the hold.

import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { reopenTurn } from "@pantheon/core/ledger/statements/reopen-turn.ts";
import { sweepTurns } from "@pantheon/core/ledger/statements/sweep-turns.ts";
import { voidTurn } from "@pantheon/core/ledger/statements/void-turn.ts";
import { gateInput, openDirectly, settleDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenPrice, givenSession } from "../support/given.ts";
import { debitsOf, eventsOf, lapse, pictureOf, rollupOf, turnsOf, walletOf } from "../support/ledger.ts";
import { watchServer } from "../support/server-watch.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const [SETTLES, OPENS] = [20, 20];

let world: TestWorld;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld({ maxConnections: SETTLES + 2 });
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  await givenCredits(world, user, "10");
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

/** A turn that runs, as the statements name it. */
async function givenTurn(more: Parameters<typeof openDirectly>[2] = {}, where = session) {
  const { turn, hold } = await openDirectly(world, { user, session: where }, more);
  if (turn === null || hold === null) throw new Error("the turn did not open");
  return { id: turn, user, attempt: 1, hold };
}

// A constraint stands behind the guard and would refuse such a settle too; but a caller would hear of a failure where there is none.
test("a settle of a turn that is settled, or given up, finds nothing to settle and writes nothing", async () => {
  const settled = await givenTurn();
  expect(await settleDirectly(world, settled)).toMatchObject({ charge: "0.00100000" });
  const failed = await givenTurn({}, await givenSession(world, user));
  await world.deps.db.run(voidTurn, { turn: failed.id, wallet: user, actor: user, attempt: 1, failure: "provider_failed" });
  const before = await pictureOf(world);
  await expect(settleDirectly(world, settled)).resolves.toBeUndefined();
  await expect(settleDirectly(world, failed)).resolves.toBeUndefined();
  expect(await pictureOf(world)).toBe(before);
});

// All of them see the turn running when they begin to wait; whoever looks for it again, instead of taking what it changed, debits.
test("a turn that is settled 20 times at once is debited once, also while another turn holds credits", async () => {
  await givenTurn({ maxOutputTokens: 30_000 }, await givenSession(world, user));
  const turn = await givenTurn();
  const letGo = await lockedWallet();
  const settling = Promise.all(Array.from({ length: SETTLES }, () => settleDirectly(world, turn)));
  await allWaiting(SETTLES);
  await letGo();
  const settled = (await settling).filter((row) => row !== undefined);
  expect((await walletOf(world, user)).balance).toBe("9.99900000");
  expect(settled).toHaveLength(1);
  expect(await debitsOf(world, user)).toHaveLength(1);
});

// None of them has seen another's turn when the wallet lets them go, one after the other: only the unique indexes are left.
test.each([
  { what: "one key, in 20 sessions", constraint: "turns_key", key: "k", sessions: OPENS },
  { what: "one session, without a key", constraint: "turns_position", key: null, sessions: 1 },
])("of 20 turns that are opened at once under $what, one opens", async ({ constraint, key, sessions }) => {
  const places = await Promise.all(Array.from({ length: sessions }, () => givenSession(world, user)));
  const letGo = await lockedWallet();
  const open = (index: number) =>
    openDirectly(world, { user, session: places[index % sessions] ?? "" }, { key, requestHash: key && "hash" }).then(
      ({ turn }) => (turn === null ? "refused" : "opened"),
      (error: unknown) => (error instanceof Error && "constraint" in error ? String(error.constraint) : String(error)),
    );
  const opening = Promise.all(Array.from({ length: OPENS }, (_, index) => open(index)));
  await allWaiting(OPENS);
  await letGo();
  expect((await opening).toSorted()).toEqual(["opened", ...Array<string>(OPENS - 1).fill(constraint)]);
  expect(await turnsOf(world, user)).toHaveLength(1);
});

test("whoever was taken over can neither settle nor void the turn any more", async () => {
  const turn = await givenTurn();
  await lapse(world, user);
  const input = gateInput(await world.deps.catalog.current(), { user, session }, { turn: turn.id });
  expect(await world.deps.db.run(reopenTurn, input)).toMatchObject([{ turn: turn.id, attempt: 2 }]);
  const before = await pictureOf(world);
  expect(await settleDirectly(world, turn)).toBeUndefined();
  expect(await world.deps.db.run(voidTurn, { turn: turn.id, wallet: user, actor: user, attempt: 1, failure: "provider_failed" })).toEqual(
    [],
  );
  expect(await pictureOf(world)).toBe(before);
  expect(await settleDirectly(world, { ...turn, attempt: 2 })).toMatchObject({ charge: "0.00100000" });
});

test("a sweep voids the turns of a user whose lease is over, and no other of theirs", async () => {
  const dead = await givenTurn();
  await lapse(world, user);
  const alive = await givenTurn({}, await givenSession(world, user));
  expect(await world.deps.db.run(sweepTurns, { wallet: user, actor: user })).toEqual([{ voided: 1, released: dead.hold }]);
  expect(await turnsOf(world, user)).toMatchObject([
    { id: dead.id, status: "failed" },
    { id: alive.id, status: "running" },
  ]);
  expect((await walletOf(world, user)).held).toBe(alive.hold);
});

// A row of the rollup per event would meet its own day twice in one statement, which PostgreSQL refuses: the turn would never be paid.
test("a turn of several calls of one model is settled whole, and its day has their sum", async () => {
  const turn = await givenTurn();
  await expect(settleDirectly(world, turn, { calls: 3 })).resolves.toMatchObject({ charge: "0.00300000", balance_after: "9.99700000" });
  expect(await eventsOf(world, user)).toHaveLength(3);
  expect(await rollupOf(world, user)).toEqual({ calls: 3, refused: 0 });
});

// Read are 17 octets of message and 48 around it and the prompt; each turn of the past adds its own text and 32. Four octets are a token,
// but where the hold is a proof each is one.
test("a hold is the price of all that the model will read and may answer, rounded up", async () => {
  await givenPrice(world, "default", "0.3333");
  try {
    const first = await givenTurn({ message: "What is a wallet?" });
    expect(first.hold).toBe("0.00353132"); // (17 × 0.35 + 100) × 0.3333 ÷ 10 000 = 0.0035313135
    await settleDirectly(world, first, { answer: "A".repeat(1_000) });
    const second = await givenTurn({ message: "What is a wallet?" });
    expect(second.hold).toBe("0.00658768"); // 65 + 1 049 octets are 279 tokens: 0.0065876745
    await settleDirectly(world, second, { answer: "An answer." });
    const bound = await givenTurn({ message: "What is a wallet?", coverInFull: true });
    expect(bound.hold).toBe("0.01873146"); // 65 + 1 049 + 59 octets, each a token, and an eighth more: 1 320 tokens
  } finally {
    await givenPrice(world, "default", "1");
  }
});

/** Keeps this user's wallet locked until it is let go. */
async function lockedWallet(): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  await client.query("begin");
  await client.query("select from credit_wallets where user_id = $1 for update", [user]);
  return async () => {
    await client.query("commit");
    await client.end();
  };
}

/** Waits until so many different connections have been seen waiting on a lock. */
async function allWaiting(connections: number): Promise<void> {
  const server = await watchServer(world.databaseUrl);
  const lookout = server.lookout();
  while (lookout.seen.waiting < connections) await sleep(5);
  await lookout.stop();
  await server.end();
}
