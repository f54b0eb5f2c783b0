// Stripe forgets an idempotency key after a day. A top-up that was not answered by then is canceled: its key answers that, with nothing to
// pay, and no second payment is made.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { amount as amountOf } from "@pantheon/contract/money.ts";
import { topUp } from "@pantheon/core/payments/checkout.ts";
import { topUpRow } from "../support/given-top-up.ts";
import { givenMovingStripe, type MovingStripe } from "../support/moving-stripe.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const START = "/api/v1/users/me/wallet/top-up";
const CREATE = "POST /v1/payment_intents";

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

const send = (user: string): Promise<Answer> => moving.container.call("POST", START, { user, body: { amount_usd: "10" }, key: "k" });

async function rowOf(user: string) {
  return world.deps.db.query.selectFrom("top_ups").selectAll().where("user_id", "=", user).executeTakeFirstOrThrow();
}

/** Moves Stripe's time on, and the row back by as much: a day and half an hour has gone by for both. */
async function later(user: string): Promise<void> {
  const { id, created_at } = await rowOf(user);
  const days = 24.5 / 24;
  moving.later(days);
  const then = new Date(created_at.getTime() - days * 86_400_000);
  await world.owner.query.updateTable("top_ups").set({ created_at: then }).where("id", "=", id).execute();
}

const intentsOf = (user: string) => moving.stripe.intents().filter(({ metadata }) => metadata["user_id"] === user);

function canceled({ id }: { id: string }) {
  return { id, client_secret: null, credits_to_grant: "333.33", amount_usd: "10", status: "canceled" };
}

describe("a key that was not answered within a day", () => {
  it("answers that its top-up is canceled, with no secret; Stripe is not asked, and the same is answered again", async () => {
    moving.stripe.failNext({ status: 402, to: CREATE });
    expect((await send("refused")).status).toBe(502);
    await later("refused");
    const asked = moving.stripe.calls();
    const [one, other] = [await send("refused"), await send("refused")];
    expect([one.status, one.json, other.text]).toEqual([200, canceled(await rowOf("refused")), one.text]);
    expect([moving.stripe.calls() - asked, intentsOf("refused").length, (await rowOf("refused")).slot]).toEqual([0, 0, null]);
  });

  it("makes no second payment when the first was made and its answer was lost", async () => {
    moving.stripe.resetNext({ afterEffect: true, times: 3, to: CREATE });
    expect((await send("lost")).status).toBe(502);
    await later("lost");
    expect((await send("lost")).json).toEqual(canceled(await rowOf("lost")));
    expect(intentsOf("lost")).toHaveLength(1);
  });

  it("answers the same when the job had closed it", async () => {
    moving.stripe.failNext({ status: 402, to: CREATE });
    await send("closed");
    await later("closed");
    const row = await rowOf("closed");
    await world.owner.query
      .updateTable("top_ups")
      .set({ created_at: new Date(row.created_at.getTime() - 3_600_000) })
      .where("id", "=", row.id)
      .execute();
    await moving.runJob("reconcile");
    expect([(await rowOf("closed")).status, (await send("closed")).json, intentsOf("closed").length]).toEqual([
      "canceled",
      canceled(row),
      0,
    ]);
  });

  it("goes on with its payment within the day, as ever", async () => {
    moving.stripe.failNext({ status: 402, to: CREATE });
    await send("soon");
    const answer = await send("soon");
    expect([answer.status, answer.json.status, intentsOf("soon").length]).toEqual([200, "pending", 1]);
  });
});

describe("a top-up that is given up while its payment is being made", () => {
  it("is answered as canceled, without the secret, and the next run cancels the payment at Stripe", async () => {
    const { stripe, db, log, config, clock } = moving.container.deps;
    if (!stripe) throw new Error("the container has a Stripe");
    const overtaken = {
      ...stripe,
      createIntent: async (intent: Parameters<typeof stripe.createIntent>[0]) => {
        const made = await stripe.createIntent(intent);
        await db.query.updateTable("top_ups").set({ status: "canceled", slot: null }).where("id", "=", intent.metadata.top_up_id).execute();
        return made;
      },
    };
    const { body } = await topUp({ db, log, config, clock, stripe: overtaken }, { ...inPerson("overtaken"), email: null }, amountOf("10"), {
      value: "k",
      hash: "h",
    });
    const row = await rowOf("overtaken");
    expect(JSON.parse(body)).toEqual(canceled(row));
    expect(intentsOf("overtaken")[0]?.status).toBe("requires_payment_method");
    expect(await moving.runJob("reconcile")).toMatchObject({ unclosed: 0 });
    expect(intentsOf("overtaken")[0]?.status).toBe("canceled");
    expect(await topUpRow(world, row.id)).toMatchObject({ status: "canceled", slot: null, cancel_due: false });
    expect(await moving.runJob("reconcile")).toMatchObject({ closed: 0, unclosed: 0 });
  });
});

describe("a payment that an event told of before its top-up was answered", () => {
  it("is the one that the key answers, and no other is made", async () => {
    moving.stripe.resetNext({ afterEffect: true, times: 3, to: CREATE });
    expect((await send("told")).status).toBe(502);
    const [intent] = intentsOf("told");
    const set = { payment_intent: intent?.id ?? "", status: "processing" as const };
    await world.owner.query.updateTable("top_ups").set(set).where("user_id", "=", "told").execute();
    await later("told");
    const answer = await send("told");
    expect([answer.status, answer.json.client_secret, intentsOf("told").length]).toEqual([200, intent?.client_secret, 1]);
  });
});
