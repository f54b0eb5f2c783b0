// Refunds and disputes as admins list them: each once, of whose payment, how far it is, and what it takes as it stands now.

import { afterAll, beforeAll, expect, it } from "vitest";
import { AdminReversalList } from "@pantheon/contract/histories.ts";
import { adminWorld, operate } from "../support/admin.ts";
import { givenTopUp, succeededOf, type GivenTopUp } from "../support/given-top-up.ts";
import { eventOf, outcomeOf, postEvent, stripeId } from "../support/payment-event.ts";
import { exactly } from "../support/shapes.ts";
import type { Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterAll(() => world.end());

async function listed(query = "") {
  const { status, json } = await operate(world, `GET reversals${query}`);
  expect(status).toBe(200);
  return exactly(AdminReversalList, json);
}

async function givenPaid(user: string): Promise<GivenTopUp> {
  const topUp = await givenTopUp(world, { user });
  await postEvent(world, succeededOf(topUp));
  return topUp;
}

async function told(payment: string, type: string, object: Record<string, unknown>): Promise<void> {
  expect(outcomeOf(await postEvent(world, eventOf(type, { payment_intent: payment, currency: "usd", ...object })))).toMatch(/^200/);
}

it("tells of each once, newest first, whose it is and what it takes, and takes less again when it failed", async () => {
  expect(await listed()).toEqual({ reversals: [], total: 0, next_cursor: null });
  const [ann, ben] = [await givenPaid("ann"), await givenPaid("ben")];
  const [refund, dispute, strange] = [stripeId("re"), stripeId("dp"), stripeId("re")];
  for (const status of ["pending", "succeeded"])
    await told(ann.payment, "refund.updated", { id: refund, object: "refund", amount: 300, status });
  await told(ben.payment, "charge.dispute.funds_withdrawn", { id: dispute, object: "dispute", amount: 1_000, status: "needs_response" });
  await told(stripeId("pi"), "refund.updated", { id: strange, object: "refund", amount: 100, status: "succeeded" });
  const { reversals, total } = await listed();
  const known = reversals.filter(({ user_id: user }) => user !== null);
  expect(known).toMatchObject([
    { id: dispute, user_id: "ben", top_up_id: ben.id, kind: "dispute", amount_minor: "1000", currency: "usd", livemode: false },
    { id: refund, user_id: "ann", top_up_id: ann.id, kind: "refund", state: "succeeded", amount_minor: "300", credits_taken: "100" },
  ]);
  expect(total).toBe(reversals.length);
  await told(ann.payment, "refund.updated", { id: refund, object: "refund", amount: 300, status: "failed" });
  expect((await listed("?user_id=ann")).reversals).toMatchObject([{ id: refund, state: "failed", credits_taken: "0" }]);
});

it("is narrowed by kind, person and days, and goes on by its cursor", async () => {
  expect((await listed("?kind=dispute")).reversals.map(({ user_id: user }) => user)).toEqual(["ben"]);
  expect((await listed("?user_id=nobody")).total).toBe(0);
  expect((await listed("?to=2020-01-01")).total).toBe(0);
  const all = (await listed()).reversals.map(({ id }) => id);
  const met: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Json = await listed(`?limit=1${cursor === null ? "" : `&cursor=${cursor}`}`);
    met.push(...page.reversals.map(({ id }: Json) => id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(met).toEqual(all);
});

it.each(["?kind=chargeback", "?state=open", "?user_id=", "?limit=0"])("refuses %s", async (query) => {
  expect((await operate(world, `GET reversals${query}`)).status).toBe(422);
});
