// An open whose connection is cut while it waits for the wallet: it commits after its request has looked and found nothing. The request
// meets its own turn in the next round, and goes on with it.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { givenContainer, type Container } from "../support/container.ts";
import { cuttingProxy, type CuttingProxy } from "../support/cutting-proxy.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, turnsOf, walletOf } from "../support/ledger.ts";
import { lockWallet, type WalletLock } from "../support/wallet-lock.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
let proxy: CuttingProxy;
/** A container whose way to the database can be cut. */
let far: Container;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld();
  proxy = await cuttingProxy(world.databaseUrl);
  far = givenContainer(world, { config: { databaseUrl: proxy.url } });
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  await givenCredits(world, user, "10");
  await far.deps.catalog.current();
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await far.close();
  await proxy.close();
  await world.end();
});

/**
 * Sends a turn, makes its `statement` wait for the wallet, and cuts the connection there. The server carries the statement out when the
 * request has looked for its turn, found nothing, and is about to send the statement again.
 */
async function cutWhileItWaits(statement: string, key: string | undefined): Promise<Answer> {
  const locked = Promise.withResolvers<WalletLock>();
  proxy.holdBack(statement, async () => locked.resolve(await lockWallet(world, user)));
  const answer = far.turn(session, { user, ...(key !== undefined && { key }) });
  const wallet = await locked.promise;
  await wallet.awaited();
  proxy.holdBack(statement, async () => {
    await wallet.release();
    await expect.poll(async () => (await turnsOf(world, user)).at(-1)?.status, { timeout: 10_000, interval: 2 }).toBe("running");
  });
  proxy.away(true);
  proxy.away(false);
  return answer;
}

async function expectOneRun(answer: Answer, calls: number): Promise<void> {
  expect(answer.status).toBe(201);
  expect(await turnsOf(world, user)).toMatchObject([{ id: answer.json.id, status: "completed", turn_index: 1 }]);
  expect(await debitsOf(world, user)).toMatchObject([{ reference_id: answer.json.id }]);
  expect((await walletOf(world, user)).held).toBe("0.00000000");
  expect(world.provider.calls() - calls).toBe(1);
}

test("with a key, it is not told that its own turn is still running: one turn, one model call, one debit", async () => {
  const calls = world.provider.calls();
  const answer = await cutWhileItWaits("open_turn", "k");
  await expectOneRun(answer, calls);
  expect((await runTurn(world, session, { user, key: "k" })).text).toBe(answer.text);
});

test("without a key, its session is not busy with its own turn: one turn, one model call, one debit", async () => {
  const calls = world.provider.calls();
  await expectOneRun(await cutWhileItWaits("open_turn", undefined), calls);
});

test("when it runs a failed key again, it goes on with the attempt that it began: one turn, one model call, one debit", async () => {
  world.provider.behave(MODEL, "fake-400");
  expect((await runTurn(world, session, { user, key: "k" })).status).toBe(502);
  world.provider.behave(MODEL, null);
  const calls = world.provider.calls();
  await expectOneRun(await cutWhileItWaits("reopen_turn", "k"), calls);
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
