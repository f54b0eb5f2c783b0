// An open whose connection is cut while it waits for the wallet: it commits after its request has looked and found nothing. The request
// meets its own turn in the next round, and goes on with it.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { farWorld, type FarWorld } from "../support/far-world.ts";
import { givenCredits, givenEnforcement, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, turnsOf, walletOf } from "../support/ledger.ts";
import { lockWallet, type WalletLock } from "../support/wallet-lock.ts";
import type { Answer } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: FarWorld["world"];
let proxy: FarWorld["proxy"];
let far: FarWorld["far"];
let end: FarWorld["end"];
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  ({ world, proxy, far, end } = await farWorld());
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  await givenCredits(world, user, "10");
  await refreshCatalogue();
});
afterEach(() => world.assertLedger());
afterAll(() => end());

/** So that the next open is not refused for an old catalogue. */
async function refreshCatalogue(): Promise<void> {
  const { catalog } = far.deps;
  await catalog.after((await catalog.current()).revision);
}

/**
 * Sends a turn, makes its `statement` wait for the wallet, and cuts the connection there. The server carries the statement out when the
 * request has looked for its turn, found nothing, and is about to send the statement again; `meanwhile` comes between.
 */
async function cutWhileItWaits(
  statement: string,
  key: string | undefined,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Answer> {
  const locked = Promise.withResolvers<WalletLock>();
  proxy.holdBack(statement, async () => locked.resolve(await lockWallet(world, user)));
  const answer = far.turn(session, { user, ...(key !== undefined && { key }) });
  const wallet = await locked.promise;
  await wallet.awaited();
  proxy.holdBack(statement, async () => {
    await wallet.release();
    await expect.poll(async () => (await turnsOf(world, user)).at(-1)?.status, { timeout: 10_000, interval: 2 }).toBe("running");
    await meanwhile();
  });
  proxy.away(true);
  proxy.away(false);
  return answer;
}

/** What is there when the request was answered with its one turn. */
const ONE_RUN = { status: 201, turns: ["completed 1"], debits: 1, held: "0.00000000", calls: 1 };

/** What became of a request: its status, the user's turns and debits, what is held, and how often the model was asked meanwhile. */
async function outcomeOf(request: () => Promise<Answer>) {
  const before = world.provider.calls();
  const { status } = await request();
  return {
    status,
    turns: (await turnsOf(world, user)).map((turn) => `${turn.status} ${turn.turn_index}`),
    debits: (await debitsOf(world, user)).length,
    held: (await walletOf(world, user)).held,
    calls: world.provider.calls() - before,
  };
}

test("with a key, it is not told that its own turn is still running: one turn, one model call, one debit", async () => {
  expect(await outcomeOf(() => cutWhileItWaits("open_turn", "k"))).toEqual(ONE_RUN);
  expect((await runTurn(world, session, { user, key: "k" })).headers.get("Idempotency-Replayed")).toBe("true");
});

test("without a key, its session is not busy with its own turn: one turn, one model call, one debit", async () => {
  expect(await outcomeOf(() => cutWhileItWaits("open_turn", undefined))).toEqual(ONE_RUN);
});

test("when it runs a failed key again, it goes on with the attempt that it began: one turn, one model call, one debit", async () => {
  world.provider.behave(MODEL, "fake-400");
  expect((await runTurn(world, session, { user, key: "k" })).status).toBe(502);
  world.provider.behave(MODEL, null);
  expect(await outcomeOf(() => cutWhileItWaits("reopen_turn", "k"))).toEqual(ONE_RUN);
});

describe("under enforcement, when its own hold is all that the wallet had", () => {
  beforeEach(async () => {
    await givenEnforcement(world, true);
    await refreshCatalogue();
    user = `poor-${(users += 1)}`;
    session = await givenSession(world, user);
    await givenCredits(world, user, "0.1");
  });
  afterEach(() => givenEnforcement(world, null));

  test("without a key, it is not refused for the credits that its own turn holds", async () => {
    expect(await outcomeOf(() => cutWhileItWaits("open_turn", undefined))).toEqual(ONE_RUN);
  });

  test("with a key, it is not refused for the credits that its own turn holds", async () => {
    expect(await outcomeOf(() => cutWhileItWaits("open_turn", "k"))).toEqual(ONE_RUN);
  });
});

test.each([
  ["suspended", 403, () => world.owner.query.updateTable("users").set({ suspended_at: new Date() }).where("id", "=", user).execute()],
  ["without its session", 404, () => world.call("DELETE", `/api/v1/sessions/${session}`, { user })],
])("an own turn of a user who is %s meanwhile is given up, and its hold goes back at once", async (_what, status, change) => {
  const outcome = await outcomeOf(() => cutWhileItWaits("open_turn", undefined, change));
  expect(outcome).toEqual({ status, turns: ["failed null"], debits: 0, held: "0.00000000", calls: 0 });
});

test("another request's turn under the same key is still told as running, however the first one's connection ended", async () => {
  const wallet = await lockWallet(world, user);
  const [first, second] = [far.turn(session, { user, key: "k" }), runTurn(world, session, { user, key: "k" })];
  await wallet.awaited(2);
  await wallet.release();
  const answers = await Promise.all([first, second]);
  const ran = answers.filter(({ status, headers }) => status === 201 && !headers.has("Idempotency-Replayed"));
  expect(ran).toHaveLength(1);
  for (const other of answers.filter((each) => each !== ran[0] && each.status !== 201)) {
    expect(other).toMatchObject({ status: 409, json: { code: "idempotency_in_progress" } });
  }
  expect(await debitsOf(world, user)).toHaveLength(1);
});
