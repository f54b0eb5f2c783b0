// What becomes of refunds and disputes weeks after they were made reaches the ledger also when every webhook of it was lost; and what has
// waited too long to be looked at is told.

import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { balanceOf } from "../support/given-top-up.ts";
import { givenMovingStripe, type MovingStripe } from "../support/moving-stripe.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let moving: MovingStripe;
beforeEach(async () => {
  world = await testWorld();
  moving = await givenMovingStripe(world);
});
afterEach(async () => {
  await moving.close();
  await world.end();
});

const balance = (user: string) => balanceOf(world, user).then((text) => text.replace(/\.?0+$/, ""));

/** The balance after each act, whose events are all lost, and the reconciliation after it. */
async function balancesAfter(user: string, acts: readonly (readonly [days: number, act: () => unknown])[]): Promise<string[]> {
  const seen: string[] = [];
  for (const [days, act] of acts) {
    moving.later(days);
    act();
    await moving.runJob("reconcile");
    seen.push(await balance(user));
  }
  return seen;
}

describe("with every webhook lost, the scheduled reconciliation books", () => {
  it.each([
    ["lose", "0"],
    ["win", "333.33"],
  ] as const)("a dispute that is closed after 40 days: %s", async (step, end) => {
    const payment = await moving.paid(`closed-${step}`);
    const dispute = () => moving.stripe.disputes().at(-1)?.id ?? "";
    const acts = [
      [1, () => moving.stripe.dispute(payment)],
      [10, () => moving.stripe.moveDispute(dispute(), "review")],
      [30, () => moving.stripe.moveDispute(dispute(), step)],
    ] as const;
    expect(await balancesAfter(`closed-${step}`, acts)).toEqual(["0", "0", end]);
  });

  it("a dispute that was won and is lost after all, and one that was lost and is won after all, each weeks later", async () => {
    const ends: string[][] = [];
    for (const first of ["win", "lose"] as const) {
      const payment = await moving.paid(`overturned-${first}`);
      const { id } = moving.stripe.dispute(payment);
      const acts = [
        [0, () => moving.stripe.moveDispute(id, first)],
        [5, () => {}], // from here on no list names it
        [25, () => moving.stripe.moveDispute(id, "overturn")],
      ] as const;
      ends.push(await balancesAfter(`overturned-${first}`, acts));
    }
    expect(ends).toEqual([
      ["333.33", "333.33", "0"],
      ["0", "0", "333.33"],
    ]);
  });

  it("a refund that fails after 10 days", async () => {
    const payment = await moving.paid("refunded");
    const acts = [
      [0, () => moving.stripe.refund(payment)],
      [5, () => {}], // from here on no list names it
      [5, () => moving.stripe.moveRefund(moving.stripe.refunds()[0]?.id ?? "", "failed")],
    ] as const;
    expect(await balancesAfter("refunded", acts)).toEqual(["0", "0", "333.33"]);
  });

  it("a dispute that is opened 30 days after its payment, also when no job ran for the ten days after that", async () => {
    const payment = await moving.paid("late-dispute");
    moving.later(30);
    moving.stripe.dispute(payment);
    expect(await balancesAfter("late-dispute", [[10, () => {}]])).toEqual(["0"]);
  });
});

describe("a refund or dispute", () => {
  it("that Stripe does not tell about keeps no other waiting, and is told as failed", async () => {
    const payment = await moving.paid("blocked");
    const { id } = moving.stripe.refund(payment, 300);
    await moving.runJob("reconcile");
    const unknown = { payment_intent: payment, kind: "refund", amount_minor: "0", state: "pending", tried_at: new Date(0) } as const;
    await world.deps.db.query
      .insertInto("reversals")
      .values({ ...unknown, object_id: "re_unknown" })
      .execute();
    await sql`update reversal_counts set objects = objects + 1 where payment_intent = ${payment}`.execute(world.deps.db.query);
    moving.later(5);
    await moving.runJob("reconcile");
    moving.later(5);
    moving.stripe.moveRefund(id, "failed");
    expect(await moving.runJob("reconcile")).toMatchObject({ unknown: 1, failed: 1 });
    expect(await balance("blocked")).toBe("333.33");
    const tried = await world.deps.db.query
      .selectFrom("reversals")
      .select("tried_at")
      .where("object_id", "=", "re_unknown")
      .executeTakeFirst();
    expect(tried?.tried_at.getTime()).toBeGreaterThan(0);
  });

  it("is not asked about again within hours, nor when it is final", async () => {
    const payment = await moving.paid("patient");
    const [failed, open] = [moving.stripe.refund(payment, 100), moving.stripe.refund(payment, 200)];
    moving.stripe.moveRefund(failed.id, "failed");
    const asked = async (days: number) => {
      moving.later(days);
      await moving.runJob("reconcile");
      return [failed, open].map(({ id }) => moving.stripe.callsTo(`GET /v1/refunds/${id}`));
    };
    expect([await asked(0), await asked(0.1), await asked(20), await asked(0.1)]).toEqual([
      [0, 0],
      [0, 0],
      [0, 1],
      [0, 2], // by the database's clock it was asked twenty days ago
    ]);
  });

  it("that is open and was not looked at for two days is told by the invariants, and no more once it was", async () => {
    const payment = await moving.paid("forgotten");
    moving.stripe.dispute(payment);
    await moving.runJob("reconcile");
    moving.later(5); // after the next run its list does not name it any more
    await moving.runJob("reconcile");
    const waiting = async () => (await checkInvariants(world.deps.db)).find(({ name }) => name === "reversal_waits")?.broken;
    const before = await waiting();
    await sql`update reversals set checked_at = now() - interval '49 hours', tried_at = now() - interval '49 hours' where payment_intent = ${payment}`.execute(
      world.deps.db.query,
    );
    expect([before, await waiting()]).toEqual([0, 1]);
    moving.stripe.failNext({ status: 400, to: "GET /v1/disputes/" });
    await moving.runJob("reconcile");
    expect(await waiting()).toBe(1); // tried, and not looked at
    moving.later(1);
    await moving.runJob("reconcile");
    expect(await waiting()).toBe(0);
  });
});
