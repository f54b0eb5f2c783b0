// The webhook's process killed between verifying, each of its statements, and the answer: after Stripe has tried again there is exactly
// one grant, and nothing was taken back twice.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { cuttingProxy, type CuttingProxy } from "../support/cutting-proxy.ts";
import { balanceOf, givenTopUp, grantsOf, intentOf, succeededOf } from "../support/given-top-up.ts";
import { givenKillableWebhook } from "../support/killable-webhook.ts";
import { eventOf, postEvent, stripeId } from "../support/payment-event.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let proxy: CuttingProxy;
let users = 0;
beforeAll(async () => {
  world = await testWorld();
  proxy = await cuttingProxy(world.databaseUrl);
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await proxy.close();
  await world.end();
});

/** Kills the process that handles this event at this moment, and sees it dead and the event unanswered. */
async function killedWhile(event: object, when: "before" | "after", statement: string): Promise<void> {
  const webhook = await givenKillableWebhook(world, proxy.url);
  const cuts = proxy.cuts();
  proxy.cut(when, statement, 1, () => webhook.kill());
  expect(await webhook.post(event)).toBeNull();
  expect(await webhook.ended).toBe("SIGKILL");
  expect(proxy.cuts()).toBe(cuts + 1);
}

test.each([
  ["before", "grant_payment", 0, "ok"], // verified, and nothing sent yet
  ["after", "grant_payment", 1, "already_processed"], // committed, and the reply never read
  ["before", "apply_reversals", 1, "already_processed"],
  ["after", "apply_reversals", 1, "already_processed"], // all done, and never answered
] as const)("killed %s %s: %i grants then, and one after Stripe's next try", async (when, statement, granted, answer) => {
  const topUp = await givenTopUp(world, { user: `user-${(users += 1)}` });
  const event = succeededOf(topUp);
  await killedWhile(event, when, statement);
  expect(await grantsOf(world, topUp.payment)).toHaveLength(granted);
  expect((await postEvent(world, event)).json).toEqual({ status: answer });
  expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
  expect(await balanceOf(world, topUp.user)).toBe("333.33000000");
});

test.each([
  ["before", "record_reversal"],
  ["after", "record_reversal"],
  ["before", "apply_reversals"],
  ["after", "apply_reversals"],
] as const)("a refund whose process is killed %s %s takes back once", async (when, statement) => {
  const topUp = await givenTopUp(world, { user: `user-${(users += 1)}` });
  await postEvent(world, succeededOf(topUp));
  const { id, currency } = intentOf(topUp);
  const refund = eventOf("refund.created", {
    id: stripeId("re"),
    object: "refund",
    payment_intent: id,
    amount: 500,
    currency,
    status: "succeeded",
  });
  await killedWhile(refund, when, statement);
  expect((await postEvent(world, refund)).json).toEqual({ status: "ok" });
  expect(await balanceOf(world, topUp.user)).toBe("166.66000000"); // round half up(333.33 ÷ 2, 2) taken
});
