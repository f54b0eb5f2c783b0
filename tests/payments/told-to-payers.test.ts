// What a payer reads of their money: a sentence for every ledger row, a receipt for what they bought, and what became of a payment that was
// refunded or disputed. Nobody else's words stand in it, and an admin does not read the titles of somebody's sessions.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { handleEvent } from "@pantheon/core/payments/events.ts";
import { adminWorld, operate, ROOT } from "../support/admin.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { givenTopUp, succeededOf, topUpRow, type GivenTopUp } from "../support/given-top-up.ts";
import { eventOf } from "../support/payment-event.ts";
import type { Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const get = async (path: string, user: string): Promise<Json> => (await world.call("GET", `/api/v1/users/me/${path}`, { user })).json;
const rowsOf = async (user: string): Promise<Json[]> => (await get("transactions", user)).transactions;
const saidTo = async (user: string): Promise<string[]> => (await rowsOf(user)).map(({ description }) => description);

const used = (row: Json) => `${row.amount.slice(1)} credits used`;
const receiptOf = (user: string, row: Json) => get(`transactions/${row.id}/receipt`, user);

async function paid(user: string): Promise<GivenTopUp> {
  const topUp = await givenTopUp(world, { user });
  await handleEvent(world.deps, succeededOf(topUp));
  return topUp;
}

const refund = (topUp: GivenTopUp, share: number, status = "succeeded") =>
  handleEvent(
    world.deps,
    eventOf("refund.updated", {
      id: `re_${topUp.payment}`,
      payment_intent: topUp.payment,
      amount: Math.round(topUp.minor * share),
      status,
    }),
  );

const dispute = (topUp: GivenTopUp, type: string, more: Record<string, unknown> = {}) =>
  handleEvent(
    world.deps,
    eventOf(`charge.dispute.${type}`, { id: `dp_${topUp.payment}`, payment_intent: topUp.payment, amount: 700, ...more }),
  );

/** Today in UTC, as a description says it. */
const today = () =>
  new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date()).replace("Sept", "Sep");

describe("a ledger row is described", () => {
  it("for a turn by its model, and by its session's title for its owner alone, until that is deleted", async () => {
    const titled = await givenSession(world, "ada", { title: "Lunch <b>plans</b>", model_alias: "claude-sonnet" });
    await runTurn(world, titled, { user: "ada" });
    await runTurn(world, await givenSession(world, "ada"), { user: "ada", alias: "gpt-4o" });
    const [second, first] = await rowsOf("ada");
    expect([first.description, second.description]).toEqual([
      `Turn with claude-sonnet in “Lunch <b>plans</b>”: ${used(first)}`,
      `Turn with gpt-4o: ${used(second)}`,
    ]);
    expect([first.source, second.source]).toEqual(["turn", "turn"]);
    const seen = (await operate(world, "GET wallets/ada")).text + (await operate(world, "GET users/ada")).text;
    expect([seen.includes("Lunch"), seen.includes("Turn with claude-sonnet:")]).toEqual([false, true]);
    await world.call("DELETE", `/api/v1/sessions/${titled}`, { user: "ada" });
    expect((await saidTo("ada"))[1]).toBe(`Turn with claude-sonnet: ${used(first)}`);
  });

  it("for what an admin grants and takes, for gifts, for the beta's credits, and never by a note", async () => {
    await givenCredits(world, "bea", "1.5");
    await operate(world, "POST wallets/bea/grant", { body: { amount: "10", note: "note-of-an-admin" } });
    await operate(world, "POST wallets/bea/deduct", { body: { amount: "1", note: "note-of-an-admin" } });
    expect(await saidTo("bea")).toEqual([
      "Taken back by an admin: 1 credit",
      "Granted by an admin: 10 credits added",
      "A gift: 1.5 credits added",
    ]);
    const beta = (await operate(world, "GET wallets/11111111-1111-1111-1111-111111111111")).json.recent_transactions;
    expect(beta.map(({ description }: Json) => description)).toEqual(["To begin with: 100 credits added"]);
  });

  it("for a top-up, its refund, and a refund that did not go through", async () => {
    const topUp = await paid("cid");
    await refund(topUp, 0.3, "pending");
    await refund(topUp, 0.3, "failed");
    expect(await saidTo("cid")).toEqual([
      `Refund of your payment of ${today()}, which did not go through: 100 credits given back`,
      `Refund of your payment of ${today()}: 100 credits taken back`,
      "Top-up of $10.00: 333.33 credits added",
    ]);
  });

  it("for a chargeback, and one that the bank returned; the year is said where it is another", async () => {
    const topUp = await paid("dan");
    await dispute(topUp, "funds_withdrawn");
    await dispute(topUp, "closed", { status: "won" });
    expect((await saidTo("dan")).slice(0, 2)).toEqual([
      `Chargeback of your payment of ${today()}, returned by the bank: 233.33 credits given back`,
      `Chargeback of your payment of ${today()}: 233.33 credits taken back`,
    ]);
  });
});

describe("a top-up says what became of it", () => {
  const NOTHING = { refunded_usd: "0", disputed: null, credits_taken_back: "0" };

  it("and by which payment, for its owner and for an admin", async () => {
    const { json } = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "eve", body: { amount_usd: "10" } });
    const { payment_intent: payment } = await topUpRow(world, json.id);
    const open = { id: json.id, payment_intent_id: payment, ...NOTHING };
    expect((await get("wallet/top-ups", "eve")).top_ups).toEqual([expect.objectContaining(open)]);
    expect(await get(`wallet/top-ups/${json.id}`, "eve")).toMatchObject(open);
  });

  it("when it was refunded in parts, and disputed", async () => {
    const topUp = await paid("fay");
    await refund(topUp, 0.25, "pending");
    const read = async () => {
      const [row] = (await get("wallet/top-ups", "fay")).top_ups;
      const all = (await operate(world, "GET top-ups?limit=200")).json.top_ups;
      const seen = all.find(({ id }: Json) => id === topUp.id);
      expect(await get(`wallet/top-ups/${topUp.id}`, "fay")).toMatchObject(row);
      expect(seen).toMatchObject(row);
      const { status, refunded_usd, disputed, credits_taken_back } = row;
      return { status, refunded_usd, disputed, credits_taken_back };
    };
    const part = { status: "succeeded", refunded_usd: "2.5", credits_taken_back: "83.33" };
    expect(await read()).toEqual({ ...part, disputed: null });
    await dispute(topUp, "created");
    expect(await read()).toEqual({ ...part, disputed: { state: "open", amount_usd: "7" } });
    await dispute(topUp, "funds_withdrawn");
    expect(await read()).toEqual({ ...part, credits_taken_back: "316.66", disputed: { state: "withdrawn", amount_usd: "7" } });
    await refund(topUp, 0.25, "failed");
    expect(await read()).toMatchObject({ refunded_usd: "0", credits_taken_back: "233.33" });
    await dispute(topUp, "closed", { status: "won" });
    expect(await read()).toEqual({ status: "succeeded", ...NOTHING, disputed: { state: "won", amount_usd: "7" } });
  });
});

describe("a receipt", () => {
  it("of a top-up names its payment and its price, and divides again by the price of its day", async () => {
    const { json } = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "gus", body: { amount_usd: "10" } });
    const { payment_intent: payment, usd_per_credit: price } = await topUpRow(world, json.id);
    world.stripe.pay(payment ?? "", "pm_card_visa");
    await world.stripe.settled();
    const [row] = await rowsOf("gus");
    expect([price, await receiptOf("gus", row)]).toEqual([
      "0.03",
      {
        transaction_id: row.id,
        kind: "grant",
        description: "Top-up of $10.00: 333.33 credits added",
        turn_id: null,
        acted_by: null,
        api_key_id: null,
        api_key_name: null,
        api_key_prefix: null,
        payment: {
          top_up_id: json.id,
          payment_intent_id: payment,
          amount_usd: "10",
          usd_per_credit: "0.03",
          arithmetic: "10 ÷ 0.03 = 333.333333…, rounded half up to 333.33",
          credits: "333.33",
        },
        amount: "333.33",
        balance_after: "333.33",
        created_at: row.created_at,
        lines: [],
        tools: [],
        total: "333.33",
        matches: true,
      },
    ]);
    await world.owner.query.updateTable("top_ups").set({ usd_per_credit: "0.04" }).where("id", "=", json.id).execute();
    expect(await receiptOf("gus", row)).toMatchObject({ total: "250", matches: false, payment: { arithmetic: "10 ÷ 0.04 = 250" } });
  });

  it("of a payment whose price nobody knows says what the row says", async () => {
    await paid("hal");
    const [row] = await rowsOf("hal");
    expect(await receiptOf("hal", row)).toMatchObject({
      total: "333.33",
      matches: true,
      payment: { amount_usd: "10", usd_per_credit: null, arithmetic: null, credits: "333.33" },
    });
  });

  it("of what an admin granted or took is its row; of a refund there is none", async () => {
    const topUp = await paid("ivy");
    await refund(topUp, 0.3);
    await operate(world, "POST wallets/ivy/deduct", { body: { amount: "1", note: "n" } });
    const [taken, refunded] = await rowsOf("ivy");
    expect(await receiptOf("ivy", taken)).toMatchObject({
      kind: "debit",
      payment: null,
      lines: [],
      tools: [],
      amount: "-1",
      total: "1",
      matches: true,
    });
    expect(await receiptOf("ivy", refunded)).toMatchObject({ status: 404, detail: "Transaction not found." });
    expect((await world.call("GET", `/api/v1/users/me/transactions/${taken.id}/receipt`, { user: ROOT })).status).toBe(404);
  });
});
