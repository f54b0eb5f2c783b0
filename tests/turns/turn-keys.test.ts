// A turn with an API key: the key's row decides in the open statement, under its lock, whatever a container remembers. Two round trips
// like any turn; what was revoked opens nothing and answers nothing, and what ran goes on.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { farWorld, type FarWorld } from "../support/far-world.ts";
import { givenModelAsked, givenSession } from "../support/given.ts";
import { givenKey, type GivenKey } from "../support/given-key.ts";
import { eventsOf, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { givenSecondProcess } from "../support/second-process.ts";
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
let key: GivenKey;
beforeAll(async () => {
  ({ world, proxy, far, end } = await farWorld({ environment: { ADMIN_USER_IDS: "grace" } }));
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
  key = await givenKey(world, user);
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await world.assertLedger();
});
afterAll(() => end());

/** Runs a turn with a key, in the first process. */
function runWith(headers: Record<string, string>, more: { key?: string; body?: object; at?: string } = {}): Promise<Answer> {
  const { body, at = session, ...call } = more;
  return world.call("POST", `/api/v1/sessions/${at}/turns`, { user: null, headers, body: { message: "Hello.", ...body }, ...call });
}

const revoke = (given = key) => world.call("DELETE", `/api/v1/users/me/keys/${given.id}`, { user });
const spent = async (given = key) =>
  (await world.deps.db.query.selectFrom("api_keys").select("spent").where("id", "=", given.id).executeTakeFirstOrThrow()).spent;

describe("a turn with a key", () => {
  test("is its owner's, from their wallet, and names the key in its row, its event and the key's sum", async () => {
    const ran = await runWith(key.headers);
    expect(ran.status).toBe(201);
    expect((await turnsOf(world, user)).map((turn) => turn.api_key_id)).toEqual([key.id]);
    const [event] = await eventsOf(world, user);
    expect([event?.user_id, event?.api_key_id]).toEqual([user, key.id]);
    expect(await spent()).toBe(event?.credits_charged);
    expect(await spent()).not.toBe("0.00000000");
  });

  test("is two statements, but for the first that a container sees of the key", async () => {
    const counted: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const before = world.passed.statements;
      expect((await runWith(key.headers)).status).toBe(201);
      counted.push(world.passed.statements - before);
    }
    expect(counted).toEqual([3, 2, 2, 2]);
  });

  test("runs only the models of the key", async () => {
    const one = await givenKey(world, user, { models: ["deepseek"] });
    const before = await pictureOf(world);
    const refused = await runWith(one.headers);
    expect([refused.status, refused.json.code]).toEqual([403, "forbidden"]);
    expect(await pictureOf(world)).toBe(before);
    expect((await runWith(one.headers, { body: { model_alias_override: "deepseek" } })).status).toBe(201);
  });

  test("replaces nothing of anybody else: another's session is as unknown as one that never was", async () => {
    const foreign = await givenSession(world, "somebody-else");
    expect((await runWith(key.headers, { at: foreign })).json.code).toBe("not_found");
  });
});

describe("a key that is good no more", () => {
  const ways: readonly (readonly [string, () => Promise<unknown>, number])[] = [
    ["was revoked", () => revoke(), 401],
    ["was revoked by an admin", () => world.call("DELETE", `/api/v1/admin/keys/${key.id}`, { user: "grace" }), 401],
    [
      "has ended",
      () =>
        world.owner.query
          .updateTable("api_keys")
          .set({ expires_at: new Date(Date.now() - 1) })
          .where("id", "=", key.id)
          .execute(),
      401,
    ],
    ["was rotated away", () => world.call("POST", `/api/v1/users/me/keys/${key.id}/rotate`, { user, body: { overlap_seconds: 0 } }), 401],
    ["is a suspended person's", () => world.call("POST", `/api/v1/admin/users/${user}/suspend`, { user: "grace", body: {} }), 403],
  ];

  test.each(ways)("opens no turn that is asked for after it %s, in a container that knew it", async (_how, close, status) => {
    expect((await runWith(key.headers)).status).toBe(201);
    await close();
    const before = await pictureOf(world);
    expect((await runWith(key.headers)).status).toBe(status);
    expect(await pictureOf(world)).toBe(before);
  });

  test("opens no turn that waited for its wallet meanwhile", async () => {
    const { catalog } = far.deps;
    await catalog.after((await catalog.current()).revision);
    const locked = Promise.withResolvers<WalletLock>();
    proxy.holdBack("open_turn", async () => locked.resolve(await lockWallet(world, user)));
    const answer = far.turn(session, { apiKey: key.key });
    const wallet = await locked.promise;
    await wallet.awaited();
    expect((await revoke()).status).toBe(204);
    await wallet.release();
    expect((await answer).status).toBe(401);
    expect(await turnsOf(world, user)).toEqual([]);
    expect((await walletOf(world, user)).held).toBe("0.00000000");
  });

  test("is not told what was answered under an Idempotency-Key before, nor whether there is such a session", async () => {
    expect((await runWith(key.headers, { key: "k" })).status).toBe(201);
    expect((await runWith(key.headers, { key: "k" })).headers.get("idempotency-replayed")).toBe("true");
    await revoke();
    expect((await runWith(key.headers, { key: "k" })).status).toBe(401);
    expect((await runWith(key.headers, { at: "0198c000-0000-7000-8000-000000000009" })).status).toBe(401);
  });

  test("lets what runs settle, and opens nothing more, in a second process either", async () => {
    const second = await givenSecondProcess(world);
    try {
      const other = await givenSession(world, user);
      expect((await second.streamWith(key.key, other)).ok).toBe(true);
      world.provider.behave(MODEL, "fake-slow-300");
      const running = await givenModelAsked(world, () => runWith(key.headers));
      expect((await revoke()).status).toBe(204);
      expect(await second.streamWith(key.key, other)).toMatchObject({ ok: false, code: expect.stringContaining("unauthenticated") });
      expect((await runWith(key.headers, { at: await givenSession(world, user) })).status).toBe(401);
      expect((await running.answer).status).toBe(201);
    } finally {
      await second.end();
    }
    while ((await turnsOf(world, user)).some(({ status }) => status === "running")) await new Promise((next) => setTimeout(next, 20));
    const charged = (await eventsOf(world, user)).map(({ credits_charged: credits }) => Number(credits));
    expect(Number(await spent())).toBeCloseTo(
      charged.reduce((sum, one) => sum + one, 0),
      8,
    );
  }, 60_000);
});

describe("a turn that is run again", () => {
  test("carries the key of whoever runs it again", async () => {
    world.provider.behave(MODEL, "fake-500");
    expect((await runWith(key.headers, { key: "again" })).status).toBe(502);
    world.provider.behave(MODEL, null);
    const other = await givenKey(world, user);
    expect((await runWith(other.headers, { key: "again" })).status).toBe(201);
    expect((await turnsOf(world, user)).map((turn) => turn.api_key_id)).toEqual([other.id]);
    expect([await spent(), await spent(other)].map((sum) => sum === "0.00000000")).toEqual([true, false]);
  });
});
