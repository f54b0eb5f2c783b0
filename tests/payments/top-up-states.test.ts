// A top-up's state follows its payment's by Stripe's own time: whatever our clock says, whoever looks between two events of one second, and
// in whatever order they come.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { givenTopUp, intentOf, topUpRow, type GivenTopUp } from "../support/given-top-up.ts";
import { givenMovingStripe, type MovingStripe } from "../support/moving-stripe.ts";
import { givenPaymentContainer } from "../support/payment-container.ts";
import { eventOf, outcomeOf, postEvent } from "../support/payment-event.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const LIST = "/api/v1/users/me/wallet/top-ups";

let world: TestWorld;
let moving: MovingStripe;
beforeAll(async () => {
  world = await testWorld();
  moving = await givenMovingStripe(world);
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await moving.close();
  await world.end();
});

const read = async (user: string, id: string, place: Pick<TestWorld, "call"> = moving.container): Promise<Json> =>
  (await place.call("GET", `${LIST}/${id}`, { user })).json;

/** A top-up that waits for its bank, as its user has just seen. */
async function givenProcessing(user: string, place?: Pick<TestWorld, "call">): Promise<{ id: string; payment: string }> {
  const started = await moving.start(user);
  moving.stripe.pay(started.payment, "pm_usBankAccount_processing");
  expect((await read(user, started.id, place)).status).toBe("processing");
  return started;
}

/** Stripe's word of what happened, delivered now. */
async function told(topUp: Pick<GivenTopUp, "id" | "payment">, type: string, created: number): Promise<void> {
  const intent = intentOf({ user: "u", minor: 1_000, ...topUp }, { amount_received: 0 });
  const metadata = { top_up_id: topUp.id };
  expect(outcomeOf(await postEvent(world, eventOf(type, { ...intent, metadata }, { created })))).toBe("200 ok");
}

const statusOf = async (id: string) => (await topUpRow(world, id)).status;

describe("a bank payment that is declined", () => {
  it("is failed when its event is of the same second in which its user saw it processing", async () => {
    const topUp = await givenProcessing("same-second");
    const seen = (await topUpRow(world, topUp.id)).state_at;
    await told(topUp, "payment_intent.payment_failed", Math.floor(seen.getTime() / 1_000));
    expect(await statusOf(topUp.id)).toBe("failed");
  });

  it("is failed when our clock is a minute ahead of Stripe's", async () => {
    const ahead = givenPaymentContainer(world, { config: { stripe: moving.container.config.stripe }, clock: () => Date.now() + 60_000 });
    try {
      const topUp = await givenProcessing("ahead", ahead);
      await told(topUp, "payment_intent.payment_failed", Math.floor(Date.now() / 1_000) + 2);
      expect(await statusOf(topUp.id)).toBe("failed");
    } finally {
      await ahead.close();
    }
  });

  it("is failed when its webhook was lost and its user looks, can be paid again, and says so", async () => {
    const { id, payment } = await givenProcessing("looks");
    moving.later(1 / 1_440);
    moving.stripe.complete(payment, "failed");
    const seen = await read("looks", id);
    expect([seen.status, typeof seen.client_secret]).toEqual(["failed", "string"]);
    moving.later(1 / 1_440);
    moving.stripe.pay(payment, "pm_card_authenticationRequired");
    expect((await read("looks", id)).status).toBe("pending");
    moving.later(1 / 1_440);
    moving.stripe.complete(payment, "failed");
    expect((await read("looks", id)).status).toBe("failed");
  });
});

describe("events of one second", () => {
  const SECOND = 1_900_000_000;

  it.each([
    ["processing, payment_failed", "failed"],
    ["payment_failed, processing", "failed"],
    ["canceled, payment_failed, processing", "canceled"],
  ])("end alike in every order: %s", async (types, end) => {
    const topUp = await givenTopUp(world, { user: "second" });
    for (const type of types.split(", ")) await told(topUp, `payment_intent.${type}`, SECOND);
    expect(await statusOf(topUp.id)).toBe(end);
  });

  it("are the end when they say canceled, also after something later", async () => {
    const topUp = await givenTopUp(world, { user: "second" });
    await told(topUp, "payment_intent.processing", SECOND + 100);
    await told(topUp, "payment_intent.canceled", SECOND);
    expect(await statusOf(topUp.id)).toBe("canceled");
  });
});
