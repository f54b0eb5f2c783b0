// Unpaid top-ups are closed, and lost payments found, whatever stands in the way of some of them: rows that cannot be closed, payments that
// Stripe does not know, lists that fail, and a Stripe that answers so slowly that a job's time is over first.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Deps } from "@pantheon/functions/whole.ts";
import type { Stripe } from "@pantheon/core/payments/stripe.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { openDirectly } from "../support/direct-turn.ts";
import { balanceOf, topUpRow } from "../support/given-top-up.ts";
import { givenSession } from "../support/given.ts";
import { lapse, walletOf } from "../support/ledger.ts";
import { givenMovingStripe, type MovingStripe } from "../support/moving-stripe.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const DAY_AND_MORE_MS = 26 * 3_600_000;
const MINUTE_MS = 60_000;

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

/** So many open top-ups from a day and a bit ago, each of somebody else, with payments of these names. */
async function givenOld(count: number, nameOf: (index: number) => string): Promise<void> {
  const row = { amount_usd: "10.00", credits_to_grant: "333.33", status: "pending" as const, slot: 1 };
  const rows = Array.from({ length: count }, (_none, index) => ({
    ...row,
    user_id: `old-${index}`,
    payment_intent: nameOf(index),
    created_at: new Date(Date.now() - DAY_AND_MORE_MS - index),
  }));
  await world.deps.db.query.insertInto("top_ups").values(rows).execute();
}

async function age(id: string): Promise<void> {
  const created_at = new Date(Date.now() - DAY_AND_MORE_MS + MINUTE_MS);
  await world.owner.query.updateTable("top_ups").set({ created_at }).where("id", "=", id).execute();
}

const stateOf = async (id: string) => topUpRow(world, id).then(({ status, slot }) => [status, slot]);

describe("a top-up that nobody paid", () => {
  it("is closed though 200 others before it cannot be, by the second run", async () => {
    await givenOld(200, (index) => `pi_stuck_${index}`);
    const { id } = await moving.start("eve");
    await age(id);
    moving.stripe.failNext({ status: 400, times: 400, to: "GET /v1/payment_intents/pi_stuck" });
    expect(await moving.runJob("reconcile")).toMatchObject({ closed: 0, unclosed: 200 });
    expect(await moving.runJob("reconcile")).toMatchObject({ closed: 1, unclosed: 199 });
    expect(await stateOf(id)).toEqual(["canceled", null]);
  });

  it("is closed when Stripe does not know its payment, and its place is free", async () => {
    await givenOld(1, () => "pi_unknown");
    expect(await moving.runJob("reconcile")).toMatchObject({ closed: 1, unclosed: 0 });
    const row = await world.deps.db.query
      .selectFrom("top_ups")
      .select(["status", "slot"])
      .where("user_id", "=", "old-0")
      .executeTakeFirst();
    expect(row).toEqual({ status: "canceled", slot: null });
  });

  it("is closed also when a list of Stripe's cannot be read; the job is told as failed", async () => {
    const { id } = await moving.start("eve");
    await age(id);
    moving.stripe.failNext({ status: 403, to: "GET /v1/refunds" });
    await expect(moving.runJob("reconcile")).rejects.toThrow();
    expect(await stateOf(id)).toEqual(["canceled", null]);
  });
});

/** The container's jobs, where every answer of Stripe's takes so long; and how often it was asked for one payment or for a page. */
function slowly(ms: number): { run: (job: string) => Promise<Readonly<Record<string, number>>>; asked: () => number } {
  const time = { shift: 0, asked: 0 };
  const { stripe } = moving.container.deps;
  if (stripe === null) throw new Error("the container has a Stripe");
  const wait = () => {
    time.shift += ms;
    time.asked += 1;
  };
  const slow: Stripe = {
    ...stripe,
    retrieve: async (...asked) => stripe.retrieve(...asked).finally(wait),
    async *list(...asked) {
      for await (const looked of stripe.list(...asked)) {
        wait();
        yield looked;
      }
    },
  };
  const deps: Deps = { ...moving.container.deps, stripe: slow, clock: () => Date.now() + time.shift };
  return { run: (job) => runJob(deps, { job }), asked: () => time.asked };
}

describe("a job whose time is over", () => {
  it("begins no further top-up, says so, and goes on with the others in its next run", async () => {
    await givenOld(30, (index) => `pi_unknown_${index}`);
    const { run, asked } = slowly(25_000);
    const first = await run("reconcile");
    expect([first["unfinished"], first["closed"], asked()]).toEqual([1, 10, 10]); // 10 × 25 s are more than 240 s
    const closed = [first, await run("reconcile"), await run("reconcile")].map((counts) => counts["closed"]);
    expect(closed).toEqual([10, 10, 10]);
    expect(await run("reconcile")).not.toHaveProperty("unfinished");
  });

  it("finds every lost payment in the end, each run from where the last one stopped", async () => {
    const payments: string[] = [];
    for (let index = 0; index < 8; index += 1) {
      const { payment } = await moving.start(`lost-${index}`);
      moving.stripe.pay(payment, "pm_card_visa");
      payments.push(payment);
      moving.later(1 / 1_440); // a minute
    }
    const { run } = slowly(40_000);
    const late: (number | undefined)[] = [];
    for (let time = 0; time < 7; time += 1) late.push((await run("reconcile"))["late"]);
    // A run has time for two, and the last one that it looked at comes first in the next.
    expect(late).toEqual([2, 1, 1, 1, 1, 1, 1]);
    for (let index = 0; index < 8; index += 1) expect(await balanceOf(world, `lost-${index}`)).toBe("333.33000000");
  });

  it("voids no further user's turns, and the next one does", async () => {
    for (const user of ["ben", "cleo", "dora"]) {
      await openDirectly(world, { user, session: await givenSession(world, user) });
      await lapse(world, user);
    }
    let looks = 0; // the clock stands still until the first user's turns are void
    const clock = () => Date.now() + ((looks += 1) > 2 ? MINUTE_MS : 0);
    expect(await runJob({ ...world.deps, clock }, { job: "sweep" })).toEqual({ voided: 1, unfinished: 1 });
    expect(await runJob(world.deps, { job: "sweep" })).toEqual({ voided: 2 });
    expect((await walletOf(world, "ben")).held).toBe("0.00000000");
  });
});
