// Top-ups that were paid, what the payment provider then tells of their refunds and disputes, and the balance after it.

import { expect } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { balanceOf, givenTopUp, succeededOf, type GivenTopUp } from "./given-top-up.ts";
import { eventOf, outcomeOf, postEvent } from "./payment-event.ts";
import type { TestWorld } from "./world.ts";

/** Somebody new with a top-up of $10 for 333.33 credits, granted. */
export async function givenPaid(world: TestWorld): Promise<GivenTopUp> {
  const topUp = await givenTopUp(world, { user: `user-${newId()}` });
  expect(outcomeOf(await postEvent(world, succeededOf(topUp)))).toBe("200 ok");
  return topUp;
}

/** What is told of an object of a payment; `created` is when it happened, in seconds. */
export type Step = readonly [type: string, object: Record<string, unknown>, created?: number];

/** Sends a step, and answers what became of it. */
export async function told(world: TestWorld, topUp: GivenTopUp, ...[type, object, created = 1_800_000_000]: Step): Promise<string> {
  const event = eventOf(type, { payment_intent: topUp.payment, currency: "usd", ...object }, { created });
  return outcomeOf(await postEvent(world, event));
}

/** Sends a step that is taken, and answers the balance after it, without its trailing zeros. */
export async function step(world: TestWorld, topUp: GivenTopUp, ...sent: Step): Promise<string> {
  expect(await told(world, topUp, ...sent)).toBe("200 ok");
  return (await balanceOf(world, topUp.user)).replace(/\.?0+$/, "");
}
