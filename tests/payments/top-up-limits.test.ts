// What a top-up may be: exact limits, exact credits, and everything else refused in the words of the contract before Stripe hears of it.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { amount } from "@pantheon/contract/money.ts";
import { givenPaymentContainer } from "../support/payment-container.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const START = "/api/v1/users/me/wallet/top-up";
const LIMITS = "amount_usd must be between 1.00 and 500.00";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

describe("a top-up", () => {
  it.each([
    [1, "1", "33.33", 100],
    ["1.00", "1", "33.33", 100],
    [500, "500", "16666.67", 50_000],
    ["500.00", "500", "16666.67", 50_000],
    [1.1, "1.1", "36.67", 110],
    ["1.10", "1.1", "36.67", 110],
    [0.1e1, "1", "33.33", 100],
    ["4.05", "4.05", "135", 405],
    [19.99, "19.99", "666.33", 1_999],
    [1.07, "1.07", "35.67", 107],
  ])("of %j is taken exactly", async (sent, usd, credits, minor) => {
    const { status, json } = await world.call("POST", START, { user: `exact-${sent}`, body: { amount_usd: sent } });
    expect([status, json.amount_usd, json.credits_to_grant]).toEqual([200, usd, credits]);
    expect(world.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === json.id)?.amount).toBe(minor);
  });

  const TOO = "0.99 500.01 10.001 -1 0 -0 1e400 -1e400 1e-9 0.001 1000000000000 123456789012345678901".split(" ");
  const TEXTS = [
    "NaN",
    "Infinity",
    "１０",
    "",
    " ",
    " 10",
    "10 ",
    "1e1",
    "+10",
    "010",
    "10.",
    ".5",
    "10,00",
    "1_0",
    "0x10",
    "$10",
    "ten",
    "10\u0000",
  ];

  it.each([...TOO, ...TEXTS.map((text) => JSON.stringify(text))].map((json) => [json.slice(0, 30), json]))(
    "of %s is 422 in exactly these words, and Stripe is not asked",
    async (_what, json) => {
      const [before, calls] = [await tracesOf(world), world.stripe.calls()];
      const answer = await world.call("POST", START, { raw: `{"amount_usd":${json}}` });
      expect([answer.status, answer.json.code, answer.json.detail]).toEqual([422, "invalid_request", LIMITS]);
      expect(answer.json.errors).toEqual([{ path: "amount_usd", message: expect.any(String) }]);
      expect([await tracesOf(world), world.stripe.calls()]).toEqual([before, calls]);
    },
  );

  it.each(["null", "true", "[]", "[10]", "{}", '{"$gt":0}'])("of %s is 422 at its place", async (json) => {
    const answer = await world.call("POST", START, { raw: `{"amount_usd":${json}}` });
    expect([answer.status, answer.json.errors.map((fault: Json) => fault.path)]).toEqual([422, ["amount_usd"]]);
  });

  it.each([
    ["too little", '"0.99"', LIMITS],
    ["too much", "500.01", LIMITS],
    ["below zero", "-1", LIMITS],
    ["zero", '"0.00"', LIMITS],
    ["more digits than there is money", "1000000000000000000000", LIMITS],
    ["a tenth of a cent", '"10.001"', "amount_usd must have at most 2 decimals"],
    ["a tiny number", "1e-9", "amount_usd must have at most 2 decimals"],
    ["too little, with too many decimals", '"0.001"', "amount_usd must have at most 2 decimals"],
    ["a word", '"ten"', 'amount_usd must be a number, or a decimal in plain digits such as "10.50"'],
    ["an exponent", '"1e1"', 'amount_usd must be a number, or a decimal in plain digits such as "10.50"'],
    ["a comma", '"10,00"', 'amount_usd must be a number, or a decimal in plain digits such as "10.50"'],
    ["a number without an end", "1e400", 'amount_usd must be a number, or a decimal in plain digits such as "10.50"'],
  ])("of %s says what is wrong with it", async (_what, json, message) => {
    const answer = await world.call("POST", START, { raw: `{"amount_usd":${json}}` });
    expect([answer.status, answer.json.detail, answer.json.errors]).toEqual([422, LIMITS, [{ path: "amount_usd", message }]]);
  });

  it("without an amount, or with anything beside it, is 422", async () => {
    for (const body of [{}, { amount_usd: 10, credits: 1_000 }, { amount_usd: 10, user_id: "bob" }, { amount_usd: 10, currency: "eur" }]) {
      expect((await world.call("POST", START, { body })).status).toBe(422);
    }
  });

  it("keeps to the limits and the price that are set", async () => {
    const topUp = { minUsd: amount("2.5"), maxUsd: amount("20") };
    const container = givenPaymentContainer(world, { config: { topUp, usdPerCredit: amount("0.07") } });
    try {
      const ask = (amount_usd: string) => container.call("POST", START, { user: "other-limits", body: { amount_usd } });
      for (const usd of ["2.49", "20.01"]) expect((await ask(usd)).json.detail).toBe("amount_usd must be between 2.50 and 20.00");
      expect((await ask("2.50")).json.credits_to_grant).toBe("35.71");
    } finally {
      await container.close();
    }
  });

  it("is 503 without a key for Stripe, and leaves nothing behind", async () => {
    const stripe = { ...world.config.stripe, secretKey: null };
    const container = givenPaymentContainer(world, { config: { stripe } });
    try {
      const before = await tracesOf(world);
      const answer = await container.call("POST", START, { body: { amount_usd: "10" } });
      expect([answer.status, answer.json.code, answer.json.detail]).toEqual([503, "not_configured", "payment not configured"]);
      expect((await container.call("POST", START, { body: { amount_usd: "0" } })).json.detail).toBe(LIMITS);
      expect(await tracesOf(world)).toEqual(before);
    } finally {
      await container.close();
    }
  });
});
