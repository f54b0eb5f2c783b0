// A turn that waits for its wallet opens under the rules of the moment at which it gets it, and not of the moment at which it was sent:
// person, session, price and enforcement are looked at again under the lock.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { farWorld, type FarWorld } from "../support/far-world.ts";
import { givenCredits, givenEnforcement, givenPrice, givenSession, runTurn } from "../support/given.ts";
import { turnsOf, walletOf } from "../support/ledger.ts";
import { lockWallet, type WalletLock } from "../support/wallet-lock.ts";
import type { Answer } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";
const ADMIN = "waited-admin";

let world: FarWorld["world"];
let proxy: FarWorld["proxy"];
let far: FarWorld["far"];
let end: FarWorld["end"];
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  ({ world, proxy, far, end } = await farWorld({ environment: { ADMIN_USER_IDS: ADMIN } }));
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await givenEnforcement(world, null);
  await givenPrice(world, "default", "1");
  await world.assertLedger();
});
afterAll(() => end());

/** An admin's call, answered before this returns. */
async function operate(method: string, path: string, body?: object): Promise<void> {
  const answer = await world.call(method, `/api/v1/admin/${path}`, { user: ADMIN, ...(body && { body }) });
  expect(answer.status).toBe(200);
}

/** Sends the turn with this key so that its `statement` waits for the wallet, makes the change, and lets it go on. */
async function whileItWaits(statement: string, change: () => Promise<unknown>): Promise<Answer> {
  const { catalog } = far.deps;
  await catalog.after((await catalog.current()).revision); // so that the first statement is not refused for an old catalogue
  const locked = Promise.withResolvers<WalletLock>();
  proxy.holdBack(statement, async () => locked.resolve(await lockWallet(world, user)));
  const answer = far.turn(session, { user, key: "k" });
  const wallet = await locked.promise;
  await wallet.awaited();
  await change();
  await wallet.release();
  return answer;
}

/** What is there when nothing was opened. */
const NOT_RUN = { running: 0, held: "0.00000000", calls: 0 };

/** What a refused request left behind: its code, the turns that did not fail, what is held, and how often the model was asked. */
async function refusalOf(request: () => Promise<Answer>) {
  const before = world.provider.calls();
  const { status, json } = await request();
  return {
    refusal: `${status} ${json.code}`,
    running: (await turnsOf(world, user)).filter((turn) => turn.status !== "failed").length,
    held: (await walletOf(world, user)).held,
    calls: world.provider.calls() - before,
  };
}

describe.each([
  ["open", "open_turn"],
  ["reopen", "reopen_turn"],
])("an %s that waits for the wallet", (_what, statement) => {
  beforeEach(async () => {
    if (statement === "open_turn") return;
    world.provider.behave(MODEL, "fake-400");
    await runTurn(world, session, { user, key: "k" });
    world.provider.behave(MODEL, null);
  });

  test("is refused when its user was suspended meanwhile", async () => {
    await givenCredits(world, user, "10");
    const refused = await refusalOf(() => whileItWaits(statement, () => operate("POST", `users/${user}/suspend`)));
    expect(refused).toEqual({ refusal: "403 account_suspended", ...NOT_RUN });
  });

  test("runs when its user was suspended and let in again meanwhile", async () => {
    await givenCredits(world, user, "10");
    await operate("POST", `users/${user}/suspend`);
    expect((await whileItWaits(statement, () => operate("POST", `users/${user}/reactivate`))).status).toBe(201);
  });

  test("runs at the price that was set meanwhile, and holds by it", async () => {
    await givenCredits(world, user, "10");
    const version = (await far.deps.catalog.current()).version;
    const answer = await whileItWaits(statement, () => operate("PATCH", "pricing/default", { multiplier: "3", pricing_version: version }));
    expect(answer).toMatchObject({ status: 201, json: { multiplier: "3" } });
    const [turn] = await turnsOf(world, user);
    expect([turn?.pricing_revision, turn?.hold]).toEqual([(await far.deps.catalog.current()).revision, "0.61618500"]);
  });

  test("is refused when enforcement was switched on meanwhile and the wallet is empty", async () => {
    const refused = await refusalOf(() => whileItWaits(statement, () => operate("PATCH", "settings/enforcement", { enabled: true })));
    expect(refused).toEqual({ refusal: "402 insufficient_credits", ...NOT_RUN });
  });

  test("runs when enforcement was switched off meanwhile, and is counted as one that would have been refused", async () => {
    await givenEnforcement(world, true);
    const answer = await whileItWaits(statement, () => operate("PATCH", "settings/enforcement", { enabled: false }));
    expect(answer.status).toBe(201);
    expect(await turnsOf(world, user)).toMatchObject([{ would_refuse: true }]);
  });

  test("is refused when its session was deleted meanwhile", async () => {
    await givenCredits(world, user, "10");
    const refused = await refusalOf(() => whileItWaits(statement, () => world.call("DELETE", `/api/v1/sessions/${session}`, { user })));
    expect(refused).toEqual({ refusal: "404 not_found", ...NOT_RUN });
  });
});
