// Which word on a refund or dispute counts: the furthest on a refund, the latest on a dispute; and none that cannot be read as it stands:
// another currency's figure, or an object that is known as another payment's.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { givenPaid, step, told } from "../support/given-paid.ts";
import { balanceOf } from "../support/given-top-up.ts";
import { operate, adminWorld } from "../support/admin.ts";
import { stripeId } from "../support/payment-event.ts";
import type { Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

describe("a dispute that is decided twice", () => {
  const WON = ["charge.dispute.closed", "won", 1_800_000_100] as const;
  const LOST = ["charge.dispute.closed", "lost", 1_800_000_200] as const;
  const WON_BACK = ["charge.dispute.closed", "won", 1_800_000_300] as const;

  it.each([
    ["won, then lost", [WON, LOST], ["333.33", "0"]],
    ["won, then lost, told backwards", [LOST, WON], ["0", "0"]],
    ["lost, then won", [LOST, WON_BACK], ["0", "333.33"]],
    ["won, lost, won, told in no order", [LOST, WON_BACK, WON], ["0", "333.33", "333.33"]],
  ])("ends as it was decided last: %s", async (_what, steps, balances) => {
    const [topUp, id] = [await givenPaid(world), stripeId("du")];
    const seen: string[] = [];
    for (const [type, status, created] of steps) seen.push(await step(world, topUp, type, { id, amount: 1_000, status }, created));
    expect(seen).toEqual(balances);
  });

  it("takes when the funds are withdrawn again after it was won, and what is prevented takes only what was withdrawn", async () => {
    const [topUp, id] = [await givenPaid(world), stripeId("du")];
    await step(world, topUp, WON[0], { id, amount: 1_000, status: WON[1] }, WON[2]);
    expect(await step(world, topUp, "charge.dispute.funds_withdrawn", { id, amount: 1_000, status: "needs_response" }, 1_800_000_900)).toBe(
      "0",
    );
    const prevented = { amount: 300, status: "prevented" };
    const other = await givenPaid(world);
    expect(await step(world, other, "charge.dispute.closed", { id: stripeId("du"), ...prevented })).toBe("333.33");
    const booked = { ...prevented, balance_transactions: [{ amount: -300 }] };
    expect(await step(world, other, "charge.dispute.closed", { id: stripeId("du"), ...booked })).toBe("233.33");
  });
});

/** How often it was counted that this object took nothing. */
function counted(object: string): number {
  return world.log.lines.filter(({ message, fields }) => message === "reversal_quarantined" && fields?.["object"] === object).length;
}

describe("a refund or dispute that cannot be read as it stands", () => {
  it.each([
    ["refund.created", { object: "refund", status: "succeeded", currency: "jpy" }],
    ["charge.dispute.closed", { object: "dispute", status: "lost", currency: "eur" }],
  ])("takes nothing when it is not in its payment's currency, is counted once and shown to an admin: %s %j", async (type, object) => {
    const [topUp, id] = [await givenPaid(world), stripeId("re")];
    const refund = await told(world, topUp, "refund.created", { id: stripeId("re"), amount: 300, status: "succeeded" });
    expect([refund, await told(world, topUp, type, { ...object, id, amount: 900 })]).toEqual(["200 ok", "200 quarantined"]);
    expect(await told(world, topUp, type, { ...object, id, amount: 900 })).toBe("200 quarantined");
    expect([await balanceOf(world, topUp.user), counted(id)]).toEqual(["233.33000000", 1]);
    const { json } = await operate(world, "GET reconciliation");
    expect(json.set_aside.newest.find((row: Json) => row.object_id === id)).toMatchObject({
      payment_intent: topUp.payment,
      user_id: topUp.user,
      amount_minor: "900",
      currency: object.currency,
    });
  });

  it("changes nothing of the first payment, and nothing of the second, when it names an object of another payment", async () => {
    const [first, second, id] = [await givenPaid(world), await givenPaid(world), stripeId("re")];
    await told(world, first, "refund.created", { id, amount: 300, status: "pending" });
    const rows = () => world.deps.db.query.selectFrom("reversals").selectAll().where("object_id", "=", id).execute();
    const before = await rows();
    expect(await told(world, second, "refund.updated", { id, amount: 1_000, status: "succeeded" })).toBe("200 quarantined");
    expect(await told(world, first, "charge.dispute.closed", { id, amount: 1_000, status: "lost" })).toBe("200 quarantined");
    expect(await told(world, first, "refund.updated", { id, amount: 1_000, status: "succeeded", currency: "eur" })).toBe("200 quarantined");
    expect([await rows(), counted(id)]).toEqual([before, 3]);
    expect([await balanceOf(world, first.user), await balanceOf(world, second.user)]).toEqual(["233.33000000", "333.33000000"]);
  });
});
