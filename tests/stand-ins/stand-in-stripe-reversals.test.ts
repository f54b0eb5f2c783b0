// What follows a payment at the stand-in Stripe: refunds, disputes, and the events that tell of everything.

import { Stripe } from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startStripe, type StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { refusalOf, sdkFor } from "../support/stripe.ts";

const TEN_DOLLARS = { amount: 1_000, currency: "usd", metadata: { user_id: "ada" } } as const;

let standIn: StandInStripe;
let sdk: Stripe;

beforeEach(async () => {
  standIn = await startStripe();
  sdk = sdkFor(standIn);
});

afterEach(() => standIn.close());

async function paidIntent(paymentMethod = "pm_card_visa"): Promise<string> {
  return (await sdk.paymentIntents.create({ ...TEN_DOLLARS, confirm: true, payment_method: paymentMethod })).id;
}

describe("refunds and disputes", () => {
  it("give back in parts, never more than was paid", async () => {
    const id = await paidIntent();
    const part = await sdk.refunds.create({ payment_intent: id, amount: 400 });
    expect(part).toMatchObject({ object: "refund", amount: 400, currency: "usd", payment_intent: id, status: "succeeded" });
    expect(await refusalOf(sdk.refunds.create({ payment_intent: id, amount: 601 }))).toMatchObject({ param: "amount" });
    expect((await sdk.refunds.create({ payment_intent: id })).amount).toBe(600);
    expect(await refusalOf(sdk.refunds.create({ payment_intent: id }))).toMatchObject({ code: "charge_already_refunded" });
    const other = await paidIntent();
    await sdk.refunds.create({ payment_intent: other, amount: 1 });
    expect((await sdk.refunds.list({ payment_intent: id })).data.map(({ amount }) => amount)).toEqual([600, 400]);
    expect(await sdk.refunds.retrieve(part.id)).toEqual(part);
  });

  it("free the money again when a refund fails", async () => {
    const id = await paidIntent("pm_card_pendingRefund");
    const pending = await sdk.refunds.create({ payment_intent: id });
    expect(pending.status).toBe("pending");
    standIn.moveRefund(pending.id, "failed");
    expect(standIn.charges()[0]).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(standIn.refund(id).amount).toBe(1_000);
    expect(() => standIn.moveRefund(pending.id, "succeeded")).toThrow("for good");
    expect(standIn.events().map(({ type }) => type)).toEqual(expect.arrayContaining(["refund.created", "refund.updated", "refund.failed"]));
  });

  it("walk through a dispute that is lost, one that is won and an inquiry", async () => {
    const lost = await paidIntent("pm_card_createDispute");
    const [opened] = (await sdk.disputes.list({ payment_intent: lost })).data;
    expect(opened).toMatchObject({ object: "dispute", amount: 1_000, payment_intent: lost, status: "needs_response" });
    const id = opened?.id ?? "";
    expect(await refusalOf(sdk.refunds.create({ payment_intent: lost }))).toMatchObject({ code: "charge_disputed" });
    standIn.moveDispute(id, "lose");
    expect((await sdk.disputes.retrieve(id)).status).toBe("lost");
    expect(() => standIn.moveDispute(id, "win")).toThrow("cannot take the step");

    const won = standIn.dispute(await paidIntent(), { amount: 700, withdraw: false });
    standIn.moveDispute(won.id, "withdraw");
    const closed = standIn.moveDispute(won.id, "win");
    expect(closed).toMatchObject({ status: "won", amount: 700 });
    expect(closed.balance_transactions.map(({ amount }) => amount)).toEqual([-700, 700]);

    await paidIntent("pm_card_createDisputeInquiry");
    const inquiry = standIn.disputes().at(-1)?.id ?? "";
    expect(standIn.moveDispute(inquiry, "close_inquiry")).toMatchObject({ status: "warning_closed", balance_transactions: [] });
    const steps = standIn
      .events()
      .flatMap(({ type }) => (type.startsWith("charge.dispute.") ? [type.slice("charge.dispute.".length)] : []));
    expect(steps.join(" ")).toBe("created funds_withdrawn closed created funds_withdrawn funds_reinstated closed created closed");
  });
});

describe("what happens late", () => {
  it("is dated by the stand-in's own clock: a dispute is reviewed, decided and overturned, and a key is forgotten after a day", async () => {
    let now = Date.UTC(2027, 0, 1);
    const late = await startStripe({ clock: () => now });
    try {
      const ours = sdkFor(late);
      const make = () => ours.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" });
      const { id } = await make();
      now += 86_399_000;
      expect((await make()).id).toBe(id);
      now += 1_000;
      expect((await make()).id).not.toBe(id);
      late.pay(id, "pm_card_visa");
      const dispute = late.dispute(id);
      for (const step of ["review", "win", "overturn", "overturn"] as const) {
        now += 30 * 86_400_000;
        late.moveDispute(dispute.id, step);
      }
      const found = await ours.disputes.retrieve(dispute.id);
      expect(found).toMatchObject({ status: "won", created: Date.UTC(2027, 0, 2) / 1_000 });
      expect(found.balance_transactions.map(({ amount }) => amount)).toEqual([-1_000, 1_000, -1_000, 1_000]);
      expect(found.lastResponse.headers["date"]).toBe(new Date(now).toUTCString());
      expect(() => late.moveDispute(dispute.id, "review")).toThrow("cannot take the step");
    } finally {
      await late.close();
    }
  });
});

describe("events", () => {
  it("carry what was true when they happened, who asked, and can be read and listed", async () => {
    const made = await sdk.paymentIntents.create(TEN_DOLLARS, { idempotencyKey: "k" });
    standIn.pay(made.id, "pm_card_visa");
    const [created, charged, succeeded] = standIn.events();
    expect(created).toMatchObject({
      object: "event",
      type: "payment_intent.created",
      livemode: false,
      api_version: Stripe.API_VERSION,
      data: { object: { id: made.id, status: "requires_payment_method", amount_received: 0 } },
      request: { id: made.lastResponse.requestId, idempotency_key: "k" },
    });
    expect(charged).toMatchObject({ type: "charge.succeeded", request: { id: null, idempotency_key: null } });
    expect(succeeded).toMatchObject({
      type: "payment_intent.succeeded",
      data: { object: { status: "succeeded", amount_received: 1_000 } },
    });
    expect((await sdk.events.list({ types: ["payment_intent.succeeded"] })).data).toEqual([succeeded]);
    expect((await sdk.events.list({ type: "payment_intent.*" })).data).toEqual([succeeded, created]);
    expect(await sdk.events.retrieve(created?.id ?? "")).toEqual(created);
  });
});
