// Refunds and disputes: what each event takes back and returns, to the cent, and that two of them at once never take more than was granted.

import { sql } from "kysely";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { applyReversals, recordReversal } from "@pantheon/core/ledger/statements/reverse-payment.ts";
import { settleReversal } from "@pantheon/core/payments/reversal.ts";
import { givenPaid, step } from "../support/given-paid.ts";
import { balanceOf, type GivenTopUp } from "../support/given-top-up.ts";
import { stripeId } from "../support/payment-event.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

type Steps = readonly (readonly [type: string, status: string, balance: string])[];

const REFUNDS: Readonly<Record<string, Steps>> = {
  "that is pending takes, and its success changes nothing": [
    ["refund.created", "pending", "233.33"],
    ["refund.updated", "succeeded", "233.33"],
  ],
  "that waits for an action takes": [["refund.created", "requires_action", "233.33"]],
  "that succeeds at once takes": [["refund.created", "succeeded", "233.33"]],
  "that fails returns, once": [
    ["refund.created", "pending", "233.33"],
    ["refund.updated", "failed", "333.33"],
    ["refund.failed", "failed", "333.33"],
  ],
  "that fails after it had succeeded returns": [
    ["refund.created", "succeeded", "233.33"],
    ["refund.failed", "failed", "333.33"],
    ["refund.updated", "succeeded", "333.33"],
  ],
  "that is canceled returns": [
    ["refund.created", "requires_action", "233.33"],
    ["refund.updated", "canceled", "333.33"],
  ],
  "that is told of in no order ends where it ended": [
    ["refund.failed", "failed", "333.33"],
    ["refund.created", "pending", "333.33"],
  ],
};

const DISPUTES: Readonly<Record<string, Steps>> = {
  "that is opened takes nothing": [["charge.dispute.created", "needs_response", "333.33"]],
  "whose funds are withdrawn takes all, and returns it when it is won": [
    ["charge.dispute.created", "needs_response", "333.33"],
    ["charge.dispute.funds_withdrawn", "needs_response", "0"],
    ["charge.dispute.funds_reinstated", "won", "333.33"],
    ["charge.dispute.closed", "won", "333.33"],
  ],
  "that is won returns also when the reinstatement is not told": [
    ["charge.dispute.funds_withdrawn", "needs_response", "0"],
    ["charge.dispute.closed", "won", "333.33"],
  ],
  "that is lost takes, also when the withdrawal is not told": [["charge.dispute.closed", "lost", "0"]],
  "that is lost after it was withdrawn takes once": [
    ["charge.dispute.funds_withdrawn", "needs_response", "0"],
    ["charge.dispute.closed", "lost", "0"],
  ],
  "that was an inquiry alone takes nothing": [
    ["charge.dispute.created", "warning_needs_response", "333.33"],
    ["charge.dispute.closed", "warning_closed", "333.33"],
  ],
  "that is told of backwards ends where it ended": [
    ["charge.dispute.closed", "won", "333.33"],
    ["charge.dispute.funds_reinstated", "won", "333.33"],
    ["charge.dispute.funds_withdrawn", "needs_response", "333.33"],
    ["charge.dispute.created", "needs_response", "333.33"],
  ],
};

describe("a refund of $3", () => {
  it.each(Object.entries(REFUNDS))("%s", async (_what, steps) => {
    const [topUp, id] = [await givenPaid(world), stripeId("re")];
    const seen: string[] = [];
    for (const [type, status] of steps) seen.push(await step(world, topUp, type, { id, object: "refund", amount: 300, status }));
    expect(seen).toEqual(steps.map(([, , balance]) => balance));
  });
});

describe("a dispute of all of it", () => {
  it.each(Object.entries(DISPUTES))("%s", async (_what, steps) => {
    const [topUp, id] = [await givenPaid(world), stripeId("du")];
    const seen: string[] = [];
    for (const [type, status] of steps) seen.push(await step(world, topUp, type, { id, object: "dispute", amount: 1_000, status }));
    expect(seen).toEqual(steps.map(([, , balance]) => balance));
  });
});

describe("several reversals of one payment", () => {
  it("take together what all of them come to, rounded once, and never more than was granted", async () => {
    const topUp = await givenPaid(world);
    const seen: string[] = [];
    for (const [index, amount] of [1, 1, 1, 330, 333, 334, 500].entries()) {
      seen.push(await step(world, topUp, "refund.created", { id: `${stripeId("re")}${index}`, amount, status: "succeeded" }));
    }
    // 333.33 × (1, 2, 3, 333, 666, 1000, 1500) ÷ 1000, rounded half up: 0.33 0.67 1.00 111.00 222.00 333.33, and no more.
    expect(seen).toEqual(["333", "332.66", "332.33", "222.33", "111.33", "0", "0"]);
  });

  it("leave the balance below zero when it was spent, and what they took is on the ledger with its reference", async () => {
    const topUp = await givenPaid(world);
    const [refund, dispute] = [stripeId("re"), stripeId("du")];
    await step(world, topUp, "refund.created", { id: refund, amount: 500, status: "succeeded" });
    await step(world, topUp, "refund.failed", { id: refund, amount: 500, status: "failed" });
    await step(world, topUp, "charge.dispute.funds_withdrawn", { id: dispute, amount: 1_000, status: "needs_response" });
    const { json } = await world.call("GET", "/api/v1/users/me/transactions", { user: topUp.user });
    expect(json.transactions.map((row: Json) => [row.kind, row.amount, row.balance_after, row.reference_id])).toEqual([
      ["refund", "-333.33", "0", `${dispute}#1`],
      ["refund", "166.67", "333.33", `${refund}#2`],
      ["refund", "-166.67", "166.66", `${refund}#1`],
      ["grant", "333.33", "333.33", topUp.payment],
    ]);
  });

  it("take in no row of the ledger more than was granted, also when one of them makes room for another", async () => {
    const topUp = await givenPaid(world);
    await step(world, topUp, "charge.dispute.closed", { id: "du_zz", amount: 1_000, status: "lost" });
    await step(world, topUp, "refund.created", { id: "du_aa", amount: 500, status: "succeeded" }); // sorts before it
    const { json } = await world.call("GET", "/api/v1/users/me/transactions", { user: topUp.user });
    expect(json.transactions.filter((row: Json) => Number(row.balance_after) < 0)).toEqual([]);
  });
});

describe("two reversals at once", () => {
  it("take no more than was granted when the first was held up until the second was through", async () => {
    const topUp = await givenPaid(world);
    await heldUp(topUp, "re_held_2", async (other) => {
      await other.query(recordReversal.text, recordReversal.values({ ...refundOf(topUp, "re_held_1"), amountMinor: "1000" }));
      await other.query(applyReversals.text, applyReversals.values({ payment: topUp.payment, event: null, type: "" }));
    });
    expect(await takenOf(topUp)).toEqual(["0.00000000", "333.33000000"]);
    expect(await balanceOf(world, topUp.user)).toBe("0.00000000");
  });

  it("return what was taken since the first had looked, when its refund failed meanwhile", async () => {
    const topUp = await givenPaid(world);
    await heldUp(topUp, "re_failing", async (other) => {
      await other.query(applyReversals.text, applyReversals.values({ payment: topUp.payment, event: null, type: "" }));
      const failed = { ...refundOf(topUp, "re_failing"), state: "failed", rank: 3 };
      await other.query(recordReversal.text, recordReversal.values({ ...failed, amountMinor: "1000" }));
    });
    expect(await takenOf(topUp)).toEqual(["0.00000000"]);
    expect(await balanceOf(world, topUp.user)).toBe("333.33000000");
  });
});

function refundOf({ payment }: GivenTopUp, object: string) {
  return { payment, object, kind: "refund" as const, state: "succeeded", rank: 2, currency: "usd", at: new Date() };
}

/** Settles a refund of all of it that waits for the wallet, with what it has seen by then, until `meanwhile` is committed. */
async function heldUp(topUp: GivenTopUp, object: string, meanwhile: (other: Client) => Promise<void>): Promise<void> {
  const other = new Client({ connectionString: world.databaseUrl });
  await other.connect();
  try {
    await other.query("begin");
    await other.query("select from credit_wallets where user_id = $1 for update", [topUp.user]);
    const held = settleReversal(world.deps, { ...refundOf(topUp, object), amountMinor: 1_000 }, null);
    await waitingFor(topUp.user);
    await meanwhile(other);
    await other.query("commit");
    await held;
  } finally {
    await other.end();
  }
}

async function takenOf({ payment }: GivenTopUp): Promise<string[]> {
  const rows = await world.deps.db.query.selectFrom("reversals").select("taken").where("payment_intent", "=", payment).execute();
  return rows.map(({ taken }) => taken).toSorted();
}

/** Waits until somebody waits for this wallet. Asked outside the transaction that holds it: inside, the first look would be the last. */
async function waitingFor(user: string): Promise<void> {
  await expect.poll(waiters, { timeout: 10_000, message: user }).toBe(1);
}

async function waiters(): Promise<number | undefined> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    world.deps.db.query,
  );
  return rows[0]?.waiting;
}
