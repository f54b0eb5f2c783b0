// Payments that were set aside, and what an admin makes of them.

import { givenTopUp, succeededOf, type GivenTopUp, type WantedTopUp } from "./given-top-up.ts";
import { operate } from "./admin.ts";
import { outcomeOf, postEvent } from "./payment-event.ts";
import type { Answer, CallOptions, Json, TestWorld } from "./world.ts";

type Place = Pick<TestWorld, "call" | "config" | "deps">;

/** A top-up of $10 that waits for its payment, which was told of with another member and set aside. */
export async function givenQuarantined(
  world: Place,
  wanted: WantedTopUp = {},
  more: Record<string, unknown> = { amount_received: 900 },
): Promise<GivenTopUp> {
  const topUp = await givenTopUp(world, wanted);
  const outcome = outcomeOf(await postEvent(world, succeededOf(topUp, more)));
  if (outcome !== "200 quarantined") throw new Error(`the payment was not set aside but ${outcome}`);
  return topUp;
}

/** An admin's resolution of this top-up, with a note. */
export function resolve(
  world: Pick<TestWorld, "call">,
  id: string,
  body: Record<string, unknown>,
  options: CallOptions = {},
): Promise<Answer> {
  return operate(world, `POST top-ups/${id}/resolve`, { body: { note: "looked at", ...body }, ...options });
}

/** The rows of this payment as admins see them, whatever became of it. */
export async function shownOf(world: Pick<TestWorld, "call">, payment: string): Promise<Json[]> {
  const { json } = await operate(world, "GET top-ups?limit=200");
  return json.top_ups.filter((row: Json) => row.payment_intent === payment);
}

/** The ids in this person's own list. */
export async function ownIds(world: Pick<TestWorld, "call">, user: string): Promise<string[]> {
  const { json } = await world.call("GET", "/api/v1/users/me/wallet/top-ups?limit=200", { user });
  return json.top_ups.map((row: Json) => row.id);
}
