// The hold of a turn that makes a further call: raised under the wallet's lock, for its own attempt alone, and never beyond what there is.

import { afterAll, beforeAll, expect, test } from "vitest";
import type { OpenTurnInput } from "@pantheon/core/ledger/statements/open-turn.ts";
import { raiseHold, type RaiseHoldInput } from "@pantheon/core/ledger/statements/raise-hold.ts";
import { sweepTurns } from "@pantheon/core/ledger/statements/sweep-turns.ts";
import { voidTurn } from "@pantheon/core/ledger/statements/void-turn.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { openDirectly, settleDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenSession } from "../support/given.ts";
import { givenKey } from "../support/given-key.ts";
import { lapse, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { lockWallet } from "../support/wallet-lock.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ maxConnections: 20 });
});
afterAll(() => world.end());

/** 100 input tokens and 100 output tokens at a multiplier of 1: (35 + 100) ÷ 10 000. */
const NEXT = "0.0135";

async function opened(user: string, credits: string, more: Partial<OpenTurnInput> = {}) {
  const session = await givenSession(world, user);
  await givenCredits(world, user, credits);
  const row = await openDirectly(world, { user, session }, more);
  if (row.turn === null || row.hold === null) throw new Error("the turn did not open");
  return { user, turn: row.turn, hold: amount(row.hold), attempt: 1 };
}

type Opened = Awaited<ReturnType<typeof opened>>;

async function raise({ user, turn, attempt }: Opened, more: Partial<RaiseHoldInput> = {}) {
  const terms = { weightInput: "0.35", weightOutput: "1", oePerCredit: "10000", multiplier: "1" };
  const [row] = await world.deps.db.run(raiseHold, {
    ...terms,
    turn,
    wallet: user,
    actor: user,
    apiKey: null,
    keyHash: null,
    keyOwner: null,
    defaultLimits: null,
    attempt,
    spent: "1",
    inputTokens: 100,
    maxOutputTokens: 100,
    enforcedByDefault: true,
    fitsToBalance: false,
    leastOutputTokens: 64,
    ...more,
  });
  return row;
}

const heldOf = async (user: string) => format(amount((await walletOf(world, user))?.held ?? "0"));

test("it is what the turn spent and what the call may cost, in the turn and in the wallet; asked twice it is the same", async () => {
  const turn = await opened("raised", "2");
  for (let round = 0; round < 2; round += 1) {
    expect(await raise(turn)).toMatchObject({ covered: true, hold: "1.01350000", output_tokens: 100 });
    expect(await heldOf("raised")).toBe("1.0135");
    expect(await turnsOf(world, "raised")).toMatchObject([{ hold: "1.01350000" }]);
  }
  expect(await raise(turn, { spent: "0" })).toMatchObject({ covered: true, hold: "1.01350000" });
  await settleDirectly(world, { id: turn.turn, user: "raised", attempt: 1 });
  expect(await heldOf("raised")).toBe("0");
});

test("to the last credit it is covered, and a hundred-millionth beyond it nothing is written", async () => {
  const turn = await opened("to-the-last", "1.0135");
  const before = await pictureOf(world);
  expect(await raise(turn, { spent: "1.00000001" })).toMatchObject({ covered: false, wanted: "1.01350001", affordable: "99" });
  expect(await pictureOf(world)).toBe(before);
  expect(await raise(turn)).toMatchObject({ covered: true });
  await settleDirectly(world, { id: turn.turn, user: "to-the-last", attempt: 1 });
});

test("where credits are not enforced every call is covered", async () => {
  const turn = await opened("free", "1");
  expect(await raise(turn, { enforcedByDefault: false, spent: "5" })).toMatchObject({ covered: true, hold: "5.01350000" });
  await settleDirectly(world, { id: turn.turn, user: "free", attempt: 1 });
});

test("a turn that is fitted to its wallet gets the output that is left, and not less than the least", async () => {
  const turn = await opened("fitted", "1.0115");
  expect(await raise(turn, { fitsToBalance: true })).toMatchObject({ covered: true, output_tokens: 80, hold: "1.01150000" });
  expect(await raise(turn, { fitsToBalance: true, spent: "1.002" })).toMatchObject({ covered: false });
  await settleDirectly(world, { id: turn.turn, user: "fitted", attempt: 1 });
});

test("no limit of a person lets a further call pass it: what the turn spent counts, and what it holds counts once", async () => {
  const turn = await opened("limited", "5");
  const limits = (credits: string) => world.call("PUT", "/api/v1/users/me/limits", { user: "limited", body: { credits_per_day: credits } });
  await limits("1.01349999");
  const before = await pictureOf(world);
  const refused = await raise(turn);
  expect(refused).toMatchObject({ covered: false, limit_met: { scope: "person", name: "credits_per_day", left: "1.01349999" } });
  expect(await raise(turn, { enforcedByDefault: false })).toMatchObject({ covered: false });
  expect(await pictureOf(world)).toBe(before);
  expect(await raise(turn, { fitsToBalance: true })).toMatchObject({ covered: true, output_tokens: 99, limit_met: null });
  await limits("1.0135");
  expect(await raise(turn)).toMatchObject({ covered: true, hold: "1.01350000", limit_met: null });
  expect(await raise(turn, { fitsToBalance: true, spent: "1.004" })).toMatchObject({
    covered: false,
    limit_met: { name: "credits_per_day" },
  });
  await settleDirectly(world, { id: turn.turn, user: "limited", attempt: 1 });
});

test("no limit of a key does either, and only that of the key that the turn came with; revoked or not", async () => {
  const key = await givenKey(world, "keyed", { limits: { credits_total: "1.01" } });
  const { hash } = await world.deps.db.query.selectFrom("api_keys").select("hash").where("id", "=", key.id).executeTakeFirstOrThrow();
  const turn = await opened("keyed", "5", { apiKey: key.id, keyHash: hash });
  const asked = { apiKey: key.id, keyHash: hash };
  expect(await raise(turn, asked)).toMatchObject({ covered: false, limit_met: { scope: "key", name: "credits_total", left: "1.01" } });
  expect(await raise(turn)).toMatchObject({ covered: true });
  expect(await raise(turn, { ...asked, spent: "0.9" })).toMatchObject({ covered: true });
  await world.call("DELETE", `/api/v1/users/me/keys/${key.id}`, { user: "keyed" });
  expect(await raise(turn, { ...asked, spent: "0.9" })).toMatchObject({ covered: true });
  await settleDirectly(world, { id: turn.turn, user: "keyed", attempt: 1 }, { apiKey: key.id });
});

test("of 20 turns that ask at once for the last of a limit one gets it", async () => {
  const user = "limited-crowd";
  const turns: Opened[] = [];
  for (let more = 0; more < 20; more += 1) turns.push(await opened(user, "3"));
  const together = turns.reduce((total, { hold }) => total.plus(hold), amount("0"));
  const most = format(together.plus(amount("1")));
  await world.call("PUT", "/api/v1/users/me/limits", { user, body: { credits_per_month: most } });
  const rows = await Promise.all(turns.map((turn) => raise(turn, { spent: "0.99" })));
  expect(rows.filter((row) => row?.covered)).toHaveLength(1);
  expect(amount(await heldOf(user)).lte(amount(most))).toBe(true);
  await Promise.all(turns.map((turn) => settleDirectly(world, { id: turn.turn, user, attempt: 1 })));
});

test("nobody raises the hold of a turn that is over, of another attempt, or of somebody else", async () => {
  const turn = await opened("over", "5");
  expect(await raise({ ...turn, attempt: 2 })).toBeUndefined();
  expect(await raise(turn, { actor: "raised" })).toBeUndefined();
  await settleDirectly(world, { id: turn.turn, user: "over", attempt: 1 });
  const before = await pictureOf(world);
  expect(await raise(turn)).toBeUndefined();
  expect(await pictureOf(world)).toBe(before);
});

test("of 20 turns that ask at once for the last credits one gets them", async () => {
  const user = "crowd";
  const turns = [await opened(user, "1")];
  for (let more = 1; more < 20; more += 1) turns.push(await opened(user, "0.00000001"));
  const together = turns.reduce((total, { hold }) => total.plus(hold), amount("0"));
  const most = amount((await walletOf(world, user))?.balance ?? "0");
  // What is left beside the holds, and this turn's own: enough for one.
  const spent = format(
    most
      .minus(together)
      .plus(turns[0]?.hold ?? amount("0"))
      .minus(amount(NEXT)),
  );
  const rows = await Promise.all(turns.map((turn) => raise(turn, { spent })));
  expect(rows.filter((row) => row?.covered)).toHaveLength(1);
  expect(format(amount((await walletOf(world, user))?.held ?? "0"))).toBe(format(most));
  await Promise.all(turns.map((turn) => settleDirectly(world, { id: turn.turn, user, attempt: 1 })));
});

test("raised beside its own settle, void or sweep, whichever comes first, nothing stays held", async () => {
  for (let round = 0; round < 18; round += 1) {
    const user = `beside-${round}`;
    const turn = await opened(user, "5");
    const raises = Array.from({ length: 4 }, (_, index) => raise(turn, { spent: `1.${index}` }));
    const ending = [
      () => settleDirectly(world, { id: turn.turn, user, attempt: 1 }),
      () => world.deps.db.run(voidTurn, { turn: turn.turn, wallet: user, actor: user, attempt: 1, failure: "internal" }),
      () => lapse(world, user).then(() => world.deps.db.run(sweepTurns, { wallet: user, actor: user })),
    ][round % 3];
    await Promise.all([...raises.slice(0, 2), ending?.(), ...raises.slice(2)]);
    expect(await heldOf(user)).toBe("0");
  }
  await world.assertLedger();
});

test("a void that waited for the wallet while the hold was raised gives back all of it", async () => {
  const turn = await opened("waited", "5");
  const lock = await lockWallet(world, "waited");
  const raised = raise(turn);
  await lock.awaited(1);
  const failure = { attempt: 1, failure: "internal" };
  const voided = world.deps.db.run(voidTurn, { turn: turn.turn, wallet: "waited", actor: "waited", ...failure }).catch(String);
  await lock.awaited(2);
  await lock.release();
  expect([(await raised)?.hold, await voided]).toEqual(["1.01350000", [{ held: "0.00000000" }]]);
});
