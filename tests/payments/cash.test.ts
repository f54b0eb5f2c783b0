// The cash report: every payment that Stripe told of, once, on its day, in its own currency; and what refunds and disputes took of it.

import { afterAll, beforeAll, expect, it } from "vitest";
import { Cash } from "@pantheon/contract/reports.ts";
import { adminWorld, operate } from "../support/admin.ts";
import { givenQuarantined, resolve } from "../support/given-quarantined.ts";
import { givenTopUp, succeededOf, type GivenTopUp } from "../support/given-top-up.ts";
import { eventOf, outcomeOf, postEvent, stripeId } from "../support/payment-event.ts";
import { exactly } from "../support/shapes.ts";
import type { TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterAll(() => world.end());

const NOTHING = { payments: 0, taken_usd: "0", refunded_usd: "0", disputed_usd: "0", net_usd: "0" };
const today = (): string => new Date().toISOString().slice(0, 10);

async function cash(query = "") {
  const { status, json } = await operate(world, `GET cash${query}`);
  expect(status).toBe(200);
  return exactly(Cash, json);
}

async function givenPaid(user: string, times = 1): Promise<GivenTopUp> {
  const topUp = await givenTopUp(world, { user });
  for (let time = 0; time < times; time += 1) await postEvent(world, succeededOf(topUp));
  return topUp;
}

async function told(topUp: GivenTopUp, type: string, object: Record<string, unknown>): Promise<void> {
  const event = eventOf(type, { payment_intent: topUp.payment, currency: "usd", ...object }, { created: 1_800_000_000 });
  expect(outcomeOf(await postEvent(world, event))).toMatch(/^200/);
}

it("counts each payment once, what was set aside too, and what refunds and disputes took", async () => {
  expect(await cash()).toMatchObject({ total: NOTHING, days: [], other_currencies: [], fees_usd: null });

  const refunded = await givenPaid("ann", 3);
  const disputed = await givenPaid("ben");
  const won = await givenPaid("cat");
  await givenTopUp(world, { user: "never-paid" });
  const set = await givenQuarantined(world, { user: "dan" }); // 9 dollars of 10
  await givenQuarantined(world, { user: "eve" }, { currency: "eur" });
  await told(refunded, "refund.created", { id: stripeId("re"), object: "refund", amount: 250, status: "succeeded" });
  await told(refunded, "refund.created", { id: stripeId("re"), object: "refund", amount: 100, status: "failed" });
  await told(disputed, "charge.dispute.created", { id: stripeId("dp"), object: "dispute", amount: 1_000, status: "needs_response" });
  expect((await cash()).total).toMatchObject({ payments: 4, taken_usd: "39", refunded_usd: "2.5", disputed_usd: "0", net_usd: "36.5" });

  const dispute = stripeId("dp");
  await told(disputed, "charge.dispute.funds_withdrawn", { id: dispute, object: "dispute", amount: 1_000, status: "needs_response" });
  const other = stripeId("dp");
  await told(won, "charge.dispute.funds_withdrawn", { id: other, object: "dispute", amount: 1_000, status: "needs_response" });
  await told(won, "charge.dispute.closed", { id: other, object: "dispute", amount: 1_000, status: "won" });

  const figures = { payments: 4, taken_usd: "39", refunded_usd: "2.5", disputed_usd: "10", net_usd: "26.5" };
  const whole = await cash();
  expect(whole).toMatchObject({ total: figures, days: [{ date: today(), ...figures }] });
  expect(whole.other_currencies).toEqual([{ currency: "eur", payments: 1, taken_minor: "1000", refunded_minor: "0", disputed_minor: "0" }]);

  await resolve(world, set.id, { action: "dismiss" });
  expect(await cash()).toEqual(whole); // an admin's word moves no cash
});

it("is of the days asked for: in one statement, a year at most", async () => {
  const before = world.passed.statements;
  expect(await cash(`?from=${today()}&to=${today()}`)).toMatchObject({ total: { payments: 4 } });
  expect(world.passed.statements - before).toBe(1);
  expect(await cash("?from=2020-01-01&to=2020-12-31")).toMatchObject({ total: NOTHING, days: [], other_currencies: [] });
  for (const query of ["?from=2019-01-01&to=2020-12-31", "?from=2020-01-02&to=2020-01-01", "?from_date=2020-01-01", "?from=x"]) {
    expect((await operate(world, `GET cash${query}`)).status).toBe(422);
  }
});
