// Settling a hold: once, by what was used, at the price of its opening, and answered the same for ever; and beside whatever else ends it.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { amount } from "@pantheon/contract/money.ts";
import { sweepUser } from "@pantheon/core/turns/sweep.ts";
import { givenCredits, givenPrice } from "../support/given.ts";
import { extend, hold, holdCredits, settle, USED, voidHold } from "../support/given-hold.ts";
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

describe("a settle", () => {
  test("is answered the same for ever, and other figures are refused", async () => {
    const { id } = (await hold(world, user)).json;
    const first = await settle(world, user, id);
    await givenPrice(world, "default", "7");
    const again = await settle(world, user, id, { usage: { ...USED.usage }, provider_cost_usd: "0.1" });
    await givenPrice(world, "default", "1");
    expect([again.status, again.text]).toEqual([200, first.text]);
    const others = [{ credits: "0.075" }, { usage: { ...USED.usage, output_tokens: 501 } }];
    for (const other of others) expect(over(await settle(world, user, id, other))).toEqual([409, "conflict"]);
    expect(await balanceOf()).toBe("0.925");
  });

  test("is at the price of the opening, whatever was changed since", async () => {
    const { id } = (await hold(world, user)).json;
    await givenPrice(world, "default", "3");
    const { json } = await settle(world, user, id);
    await givenPrice(world, "default", "1");
    expect(json).toMatchObject({ credits_charged: "0.075", receipt: { multiplier: "1", matches: true } });
  });

  test("above the hold is charged in full, up to twice of it; above that nothing is booked", async () => {
    const { id } = (await holdCredits(world, user, "0.4")).json;
    const before = await pictureOf(world);
    const refused = await settle(world, user, id, { credits: "0.80000001" });
    expect([...over(refused), refused.json.errors?.[0]?.path]).toEqual([422, "invalid_request", "credits"]);
    expect(await pictureOf(world)).toBe(before);
    expect((await settle(world, user, id, { credits: "0.8" })).json).toMatchObject({ credits_charged: "0.8", balance_after: "0.2" });
    expect((await turnsOf(world, user))[0]).toMatchObject({ over_hold: true });
  });

  test("above the hold is the caller's where the stage allows no overdraft", async () => {
    const strict = await testWorld({ environment: { CREDIT_OVERDRAFT: "none", CREDIT_ENFORCEMENT_ENABLED: "true" } });
    try {
      await givenCredits(strict, "ada", "0.1");
      const { id } = (await holdCredits(strict, "ada", "0.1")).json;
      const { json } = await settle(strict, "ada", id, { credits: "0.15" });
      expect(json).toMatchObject({
        credits_charged: "0.1",
        balance_after: "0",
        receipt: { credits_absorbed: "0.05", arithmetic: "0.15 as stated − 0.05 = 0.1", matches: true },
      });
      expect((await settle(strict, "ada", id, { credits: "0.15" })).json).toEqual(json);
    } finally {
      await strict.end();
    }
  });

  test("of nothing costs nothing, and completes", async () => {
    const { id } = (await hold(world, user)).json;
    const none = { usage: { input_tokens_fresh: 0, output_tokens: 0 } };
    const { json } = await settle(world, user, id, none);
    expect(json).toMatchObject({ credits_charged: "0", balance_after: "1" });
    expect((await settle(world, user, id, none)).json).toEqual(json);
  });

  test("twenty times at once books once, and all are answered the same", async () => {
    const { id } = (await hold(world, user)).json;
    const answers = await Promise.all(Array.from({ length: 20 }, () => settle(world, user, id)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect([(await eventsOf(world, user)).length, await balanceOf()]).toEqual([1, "0.925"]);
  });

  test("of what was swept or void is refused for ever, and charges nothing; before the sweep it settles", async () => {
    const { id: late } = (await hold(world, user)).json;
    await lapse(world, user);
    expect((await settle(world, user, late)).status).toBe(200);
    const { id: swept } = (await hold(world, user)).json;
    await lapse(world, user);
    expect(await sweepUser(world.deps, user)).toBe(1);
    const { id: voided } = (await hold(world, user)).json;
    await voidHold(world, user, voided);
    for (const id of [swept, voided]) {
      expect(over(await settle(world, user, id))).toEqual([409, "hold_expired"]);
      expect(over(await extend(world, user, id))).toEqual([409, "hold_expired"]);
      expect((await voidHold(world, user, id)).status).toBe(204);
    }
    expect([await heldOf(), await balanceOf()]).toEqual(["0", "0.925"]);
  });

  test("beside a void, a sweep and an extension ends in one of them: charged once with its debit, or not at all", async () => {
    const before = await server.figures();
    for (let round = 0; round < 12; round += 1) {
      const { id } = (await hold(world, user, { lease_seconds: 10 })).json;
      const was = amount(await balanceOf());
      if (round % 3 === 1) await lapse(world, user);
      const [first, , second] = await Promise.all([
        settle(world, user, id),
        round % 3 === 1 ? sweepUser(world.deps, user) : voidHold(world, user, id),
        settle(world, user, id),
        extend(world, user, id),
      ]);
      const isSettled = first.status === 200 || second.status === 200;
      expect([200, 409]).toContain(first.status);
      expect(await heldOf()).toBe("0");
      expect(was.minus(amount(await balanceOf())).eq(isSettled ? "0.075" : "0")).toBe(true);
      expect((await settle(world, user, id)).status).toBe(isSettled ? 200 : 409);
      if (round === 5) await givenCredits(world, user, "1");
    }
    expect((await server.figures()).deadlocks).toBe(before.deadlocks);
  }, 60_000);
});
