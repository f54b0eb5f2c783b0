// Holds: credits for a model call that somebody else makes. Held in full, under a key once, for a time; whose they are; and two hundred at
// once. How they are settled is hold-settled.test.ts.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { amount } from "@pantheon/contract/money.ts";
import { sweepUser } from "@pantheon/core/turns/sweep.ts";
import { givenCredits, givenEnforcement } from "../support/given.ts";
import { extend, hold, holdCredits, settle, voidHold } from "../support/given-hold.ts";
import { givenKey } from "../support/given-key.ts";
import { eventsOf, lapse, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { watchServer, type ServerWatch } from "../support/server-watch.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let server: ServerWatch;
let users = 0;
let user: string;
beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: "grace", CREDIT_ENFORCEMENT_ENABLED: "true" }, maxConnections: 24 });
  server = await watchServer(world.databaseUrl);
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  await givenCredits(world, user, "1");
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await server.end();
  await world.end();
});

const heldOf = async () => String(amount((await walletOf(world, user)).held));
const balanceOf = async () => String(amount((await walletOf(world, user)).balance));
const over = (answer: Answer) => [answer.status, answer.json.code];

describe("a hold", () => {
  test("is the price of its tokens until it is settled by what was used, with the receipt of that", async () => {
    const opened = await hold(world, user, { lease_seconds: 60, metadata: { job: "42" } });
    expect([opened.status, opened.json.hold]).toEqual([201, "0.135"]);
    const left = Date.parse(opened.json.expires_at) - Date.now();
    expect(left > 50_000 && left < 61_000).toBe(true);
    expect([await heldOf(), await balanceOf()]).toEqual(["0.135", "1"]);
    const settled = await settle(world, user, opened.json.id);
    expect(settled.status).toBe(200);
    expect(settled.json).toMatchObject({
      id: opened.json.id,
      model_alias: "default",
      credits_charged: "0.075",
      balance_after: "0.925",
      usage: { input_tokens_fresh: 600, input_tokens_cached: 400, output_tokens: 500 },
      receipt: { arithmetic: "(600 × 0.35 + 400 × 0.1 + 500 × 1) × 1 ÷ 10000 = 0.075", matches: true },
    });
    expect([await heldOf(), await balanceOf()]).toEqual(["0", "0.925"]);
    const { json } = await world.call("GET", `/api/v1/users/me/turns/${opened.json.id}`, { user });
    expect([json.turn.credits_charged, json.receipt.total, json.receipt.matches]).toEqual(["0.075", "0.075", true]);
    const usage = (await world.call("GET", "/api/v1/users/me/usage", { user })).json;
    expect(usage.events[0]).toMatchObject({ turn_id: opened.json.id, credits_charged: "0.075", session_id: null });
  });

  test("of credits is charged the credits that are stated, and says so", async () => {
    const opened = await holdCredits(world, user, "0.5");
    expect(opened.json.hold).toBe("0.5");
    const settled = await settle(world, user, opened.json.id, { credits: "0.12345678" });
    expect(settled.json).toMatchObject({
      credits_charged: "0.12345678",
      balance_after: "0.87654322",
      usage: { total_tokens: 0 },
      receipt: { arithmetic: "0.12345678 as stated = 0.12345678", matches: true },
    });
  });

  test("is covered in full or refused with the figures of a turn's 402, and writes nothing then", async () => {
    const before = await pictureOf(world);
    const refused = await holdCredits(world, user, "1.00000001");
    expect(over(refused)).toEqual([402, "insufficient_credits"]);
    expect(refused.json).toMatchObject({ balance: "1", held: "0", available: "1", estimated_cost: "1.00000001" });
    expect(await pictureOf(world)).toBe(before);
    expect((await holdCredits(world, user, "1")).status).toBe(201);
    expect((await hold(world, user)).json).toMatchObject({ code: "insufficient_credits", held: "1", available: "0" });
    await lapse(world, user);
    expect((await hold(world, user)).status).toBe(201); // what has lapsed is swept by who meets it
  });

  test("needs an alias that is priced, and one way of saying how much", async () => {
    expect(over(await hold(world, user, { model_alias: "nobody" }))).toEqual([422, "unknown_model_alias"]);
    const faults = [
      { credits: "1" },
      { input_tokens: undefined },
      { max_output_tokens: 0 },
      { input_tokens: -1 },
      { input_tokens: 1.5 },
      { lease_seconds: 5 },
      { lease_seconds: 3_601 },
      { metadata: { a: 1 } },
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, "v"])) },
      { unknown: true },
    ];
    for (const fault of faults) expect(over(await hold(world, user, fault))).toEqual([422, "invalid_request"]);
    for (const credits of ["0", "-1", "0.000000001", "1e3", "100001"])
      expect(over(await holdCredits(world, user, credits))).toEqual([422, "invalid_request"]);
  });

  test("of somebody who was never here makes them known, and is refused for want of credits", async () => {
    expect(over(await hold(world, "newcomer"))).toEqual([402, "insufficient_credits"]);
    expect((await walletOf(world, "newcomer")).balance).toBe("0.00000000");
  });

  test("is not opened by somebody who is suspended", async () => {
    expect((await hold(world, user)).status).toBe(201);
    await world.call("POST", `/api/v1/admin/users/${user}/suspend`, { user: "grace", body: { reason: "A reason" } });
    expect(over(await hold(world, user))).toEqual([403, "account_suspended"]);
  });

  test("under a key is opened once, and answered byte for byte, settled or not; another request under it is refused", async () => {
    const key = newId();
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => hold(world, user, {}, key)));
    expect(new Set([first, ...others].map((answer) => answer?.text))).toEqual(new Set([first?.text]));
    expect((await turnsOf(world, user)).length).toBe(1);
    await extend(world, user, first?.json.id, 3_000);
    const again = await hold(world, user, {}, key);
    expect([again.text, again.status, again.headers.get("idempotency-replayed")]).toEqual([first?.text, 201, "true"]);
    expect(over(await hold(world, user, { input_tokens: 1 }, key))).toEqual([422, "idempotency_key_reused"]);
    await settle(world, user, first?.json.id);
    expect((await hold(world, user, {}, key)).text).toBe(first?.text);
    expect((await turnsOf(world, user)).length).toBe(1);
  });

  test("that was void opens again under its key, and settles once", async () => {
    const key = newId();
    const { json: first } = await hold(world, user, {}, key);
    expect((await voidHold(world, user, first.id)).status).toBe(204);
    const { json: second } = await hold(world, user, {}, key);
    expect(second.id).toBe(first.id);
    expect(await heldOf()).toBe("0.135");
    expect((await settle(world, user, first.id)).status).toBe(200);
    expect((await turnsOf(world, user))[0]).toMatchObject({ attempt: 2, status: "completed" });
  });
});

describe("the lease", () => {
  test("is extended from now, never shortened, and at most to a day after its first end", async () => {
    const { id, expires_at: first } = (await hold(world, user, { lease_seconds: 600 })).json;
    const same = await extend(world, user, id, 10);
    expect(Date.parse(same.json.expires_at)).toBeGreaterThanOrEqual(Date.parse(first));
    const longer = await extend(world, user, id, 3_600);
    expect(Date.parse(longer.json.expires_at) - Date.parse(first)).toBeGreaterThan(2_900_000);
    await world.owner.query
      .updateTable("turns")
      .set({ opened_until: new Date(Date.now() - 86_000_000) })
      .where("id", "=", id)
      .execute();
    const bounded = await extend(world, user, id, 3_600);
    expect(bounded.json.expires_at).toBe(longer.json.expires_at);
    await settle(world, user, id);
    expect(over(await extend(world, user, id))).toEqual([409, "conflict"]);
    expect(over(await voidHold(world, user, id))).toEqual([409, "conflict"]);
  });
});

test("is not extended once it is over", async () => {
  const { id } = (await hold(world, user)).json;
  await lapse(world, user);
  expect(over(await extend(world, user, id))).toEqual([409, "hold_expired"]);
  expect(await sweepUser(world.deps, user)).toBe(1);
});

describe("whose it is", () => {
  test("a key reaches the holds that it opened, its owner all of theirs, and nobody else any", async () => {
    const [mine, other] = [await givenKey(world, user), await givenKey(world, user)];
    const { id } = (await hold(world, mine)).json;
    const { id: own } = (await hold(world, user)).json;
    const unknown = await settle(world, user, newId());
    for (const [by, which] of [
      [other, id],
      [mine, own],
      ["mallory", id],
      ["mallory", own],
    ] as const) {
      for (const answer of [await settle(world, by, which), await voidHold(world, by, which), await extend(world, by, which)]) {
        expect([answer.status, answer.json.detail]).toEqual([404, unknown.json.detail]);
      }
    }
    expect((await settle(world, user, id)).status).toBe(200);
    const [event] = await eventsOf(world, user);
    expect(event?.api_key_id).toBe(mine.id);
    expect((await voidHold(world, user, own)).status).toBe(204);
  });

  test("a key's models and limits count, and a key that was revoked settles nothing: its owner does", async () => {
    const narrow = await givenKey(world, user, { models: ["gpt-4o"] });
    expect(over(await hold(world, narrow))).toEqual([403, "forbidden"]);
    const limited = await givenKey(world, user, { limits: { credits_total: "0.2", running: 1 } });
    const { id } = (await hold(world, limited)).json;
    expect((await hold(world, limited)).json.limit).toMatchObject({ scope: "key", name: "running" });
    await world.call("DELETE", `/api/v1/users/me/keys/${limited.id}`, { user });
    expect((await settle(world, limited, id)).status).toBe(401);
    expect((await settle(world, user, id)).status).toBe(200);
    const { spent } = await world.deps.db.query
      .selectFrom("api_keys")
      .select("spent")
      .where("id", "=", limited.id)
      .executeTakeFirstOrThrow();
    expect(spent).toBe("0.07500000");
  });
});

describe("200 at once", () => {
  test("for the last credits: as many as are covered, and no deadlock", async () => {
    const before = await server.figures();
    const answers = await Promise.all(Array.from({ length: 200 }, () => holdCredits(world, user, "0.01")));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(100);
    expect(answers.filter(({ status }) => status !== 201 && status !== 402)).toEqual([]);
    expect([await heldOf(), (await server.figures()).deadlocks]).toEqual(["1", before.deadlocks]);
  }, 60_000);

  test("for the last allowed calls of a key, and the last of its credits: exactly as many", async () => {
    await givenEnforcement(world, false);
    const before = await server.figures();
    const [calls, credits] = [
      await givenKey(world, user, { limits: { calls_per_hour: 7 } }),
      await givenKey(world, user, { limits: { credits_total: "0.05" } }),
    ];
    const both = await Promise.all(Array.from({ length: 200 }, (_, at) => holdCredits(world, at % 2 === 0 ? calls : credits, "0.01")));
    const opened = (from: number) => both.filter(({ status }, at) => at % 2 === from && status === 201);
    expect([opened(0).length, opened(1).length]).toEqual([7, 5]);
    const settled = await Promise.all(opened(1).map(({ json }) => settle(world, credits, json.id, { credits: "0.004" })));
    expect(settled.every(({ status }) => status === 200)).toBe(true);
    const more = await Promise.all(Array.from({ length: 10 }, () => holdCredits(world, credits, "0.01")));
    expect(more.filter(({ status }) => status === 201)).toHaveLength(3);
    expect((await server.figures()).deadlocks).toBe(before.deadlocks);
    await givenEnforcement(world, null);
  }, 60_000);
});
