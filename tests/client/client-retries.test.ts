// What the client tries again takes effect once, and what it must not try again is sent once.

import { setImmediate as breath } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Client } from "@pantheon/client/client.ts";
import { NoResponse, PantheonError } from "@pantheon/client/error.ts";
import { RETRY_RULES, waitBefore } from "@pantheon/client/retry.ts";
import type { Received } from "@pantheon/client/received.ts";
import type { CallOptions } from "@pantheon/client/transport.ts";
import { clientOf } from "../support/client.ts";
import { givenPrice, givenSession, modelsWith } from "../support/given.ts";
import { testWorld, type TestWorld } from "../support/world.ts";
import { breakingFront, type BreakingFront, type Trouble } from "./breaking-front.ts";

const SLOW = "fake-slow-1500";
const QUICK = { tries: 4, totalMs: 20_000, firstWaitMs: 5 };

let world: TestWorld;
let front: BreakingFront;
let client: Client;

beforeAll(async () => {
  world = await testWorld({ models: modelsWith(SLOW, "fake-500"), environment: { ADMIN_USER_IDS: "root" } });
  for (const alias of [SLOW, "fake-500"]) await givenPrice(world, alias, "1");
  front = await breakingFront(world.apiUrl);
});

afterAll(async () => {
  await front.close();
  await world.end();
});

beforeEach(() => {
  front.keys.length = 0;
  client = clientOf({ ...world, apiUrl: front.url }, "ada", { retry: QUICK });
});

/** What a promise rejects with. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`nothing was refused: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

async function balance(user: string): Promise<string> {
  return (await clientOf(world, user).wallet.read()).balance;
}

describe("a write under a key", () => {
  it.each<[string, Trouble[]]>([
    ["whose connection broke before it was sent", ["lost before", "lost before"]],
    ["whose response was lost", ["lost after"]],
    ["whose response was cut in the middle", ["cut", "lost after"]],
    ["that met a gateway which was away", [{ status: 503 }]],
    ["that met a limit", [{ status: 429, headers: { "Retry-After": "0" } }]],
  ])("%s takes effect once", async (what, troubles) => {
    const user = `user-${what.length}`;
    const root = clientOf({ ...world, apiUrl: front.url }, "root", { retry: QUICK });
    front.next(...troubles);
    const seen: Received[] = [];
    const granted = root.admin.wallets.grant(user, { amount: "1.5", create: true }, { onResponse: (response) => seen.push(response) });
    await expect(granted).resolves.toMatchObject({ user_id: user, new_balance: "1.5" });
    expect(front.keys).toHaveLength(troubles.length + 1);
    expect([new Set(front.keys).size, front.keys[0]]).toEqual([1, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(await balance(user)).toBe("1.5");
    const wasThere = troubles.some((trouble) => trouble === "lost after" || trouble === "cut");
    expect(seen.map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([wasThere ? "true" : null]);
  });

  it("that still runs is waited for, and read as it ended", async () => {
    const session = await givenSession(world);
    const turn = () => client.turns.run(session, { message: "Slowly, please.", model_alias_override: SLOW }, { key: "one-turn" });
    const [first, second] = await Promise.all([turn(), turn()]);
    expect(second).toEqual(first);
    expect(front.keys.length).toBeGreaterThan(2);
    expect((await client.turns.of(session).list()).total).toBe(1);
  });

  it("is given up after so many tries", async () => {
    front.next("lost before", "lost before", "lost before", "lost before", "lost before");
    expect(await rejection(client.sessions.create())).toBeInstanceOf(NoResponse);
    expect(front.keys).toHaveLength(QUICK.tries);
    expect(await rejection(client.wallet.read({ retry: false }))).toBeInstanceOf(NoResponse); // the fifth trouble
  });
});

describe("what is sent once", () => {
  it.each<[string, CallOptions]>([
    ["a write without a key", { key: null }],
    ["a call that says so", { retry: false }],
  ])("is %s", async (_what, options) => {
    front.next("lost after");
    expect(await rejection(client.sessions.create({}, options))).toBeInstanceOf(NoResponse);
    expect(front.keys).toHaveLength(1);
  });

  it("is what was refused for good", async () => {
    const session = await givenSession(world);
    const codes: unknown[] = [];
    const note = async (act: Promise<unknown>) => codes.push((await rejection(act)) instanceof PantheonError ? "refused" : "lost");
    await note(client.turns.run(session, { message: "" }));
    await note(client.turns.run(session, { message: "Fail.", model_alias_override: "fake-500" }));
    await note(client.sessions.read("none"));
    const notConfigured = '{"code":"not_configured","detail":"payment not configured"}';
    front.next({ status: 503, headers: { "Content-Type": "application/problem+json" }, body: notConfigured });
    await note(client.topUps.start({ amount_usd: 1 }));
    expect([codes, front.keys.length]).toEqual([["refused", "refused", "refused", "refused"], 4]);
  });

  it("is what may only be tried again too late", async () => {
    front.next({ status: 429, headers: { "Retry-After": "3600" } });
    const refusal = await rejection(client.topUps.start({ amount_usd: "1" }));
    expect(refusal).toMatchObject({ status: 429, retryAfter: 3_600, code: "unreadable" });
    expect(front.keys).toHaveLength(1);
  });

  it("is a second turn beside one that runs: that is another request, and the caller's to judge", async () => {
    const session = await givenSession(world);
    const slow = client.turns.run(session, { message: "Slowly.", model_alias_override: SLOW });
    const calls = world.provider.callsTo(SLOW);
    while (world.provider.callsTo(SLOW) === calls && front.keys.length < 1) await breath();
    await expect.poll(async () => (await client.turns.of(session).list()).turns[0]?.status).toBe("running");
    front.keys.length = 0;
    expect(await rejection(client.turns.run(session, { message: "Me too." }))).toMatchObject({ code: "session_busy", status: 409 });
    expect(front.keys).toHaveLength(1);
    await slow;
  });
});

describe("a signal", () => {
  it("ends a call that runs, and a wait between two tries", async () => {
    const reason = new Error("the reader left");
    const running = new AbortController();
    const call = rejection(client.wallet.read({ signal: running.signal }));
    running.abort(reason);
    expect(await call).toBe(reason);

    const waiting = new AbortController();
    front.keys.length = 0;
    front.next({ status: 503, headers: { "Retry-After": "15" } });
    const second = rejection(client.wallet.read({ signal: waiting.signal }));
    await expect.poll(() => front.keys.length).toBe(1);
    waiting.abort(reason);
    const meanwhile = balance("ada").then(() => "still waiting");
    expect([await Promise.race([second, meanwhile]), front.keys.length]).toEqual([reason, 1]);
  });
});

function waits(random: number) {
  return [1, 2, 3, 4].map((tried) => waitBefore({ tried, spentMs: 0 }, RETRY_RULES, null, random));
}

describe("the wait before a try", () => {
  it("is never shorter than the product said, and never ends too late", () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    const cases = fc.sample(fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 10 }), fc.nat(100_000), chance), { numRuns: 1_000, seed: 7 });
    const wrong = cases.filter(([asked, tried, spentMs, random]) => {
      const wait = waitBefore({ tried, spentMs }, RETRY_RULES, asked, random);
      const isRight = wait !== null && wait >= asked * 1_000 && spentMs + wait <= RETRY_RULES.totalMs && tried < RETRY_RULES.tries;
      return wait !== null && !isRight;
    });
    expect(wrong).toEqual([]);
  });

  it("grows where the product names none, and is not the same for all", () => {
    expect([waits(0), waits(1)]).toEqual([
      [100, 200, 400, 800],
      [200, 400, 800, 1_600],
    ]);
    expect(waitBefore({ tried: RETRY_RULES.tries, spentMs: 0 }, RETRY_RULES, null, 0)).toBeNull();
  });
});
