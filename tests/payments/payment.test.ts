// What a payment says and what it buys, as pure values: the cents against an oracle of whole numbers, the metadata against every way in
// which it can be wrong, the payment against its top-up.

import { describe, expect, it, test } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, ZERO } from "@pantheon/contract/money.ts";
import {
  creditsFor,
  minorUnits,
  misfit,
  misfitOfCredits,
  parsePayment,
  purposeOf,
  receivedUsd,
  termsWithoutRow,
  usdOf,
  type Payment,
  type TopUpTerms,
} from "@pantheon/core/payments/payment.ts";

const ID = newId();

function paymentWith(more: Record<string, unknown> = {}): Payment {
  const payment = parsePayment({ id: "pi_1", status: "succeeded", amount_received: 1_000, currency: "usd", livemode: false, ...more });
  if (!payment) throw new Error("not a payment");
  return payment;
}

describe("credits for an amount", () => {
  // A price of n/100 USD: cents ÷ n credits, so hundredths of a credit are 100 × cents ÷ n, rounded half up in whole numbers.
  test.each([
    ["0.03", 3],
    ["0.07", 7],
    ["0.01", 1],
    ["0.99", 99],
    ["1", 100],
  ])("at %s USD are exact to the cent, from 0.01 to 500.00", (price, n) => {
    const perCredit = amount(price);
    const wrong: string[] = [];
    for (let cents = 1; cents <= 50_000; cents += 1) {
      const hundredths = (2n * 100n * BigInt(cents) + BigInt(n)) / (2n * BigInt(n));
      const expected = `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, "0")}`;
      const usd = usdOf(cents);
      if (creditsFor(usd, perCredit).toFixed(2) !== expected) wrong.push(`${cents}: ${format(creditsFor(usd, perCredit))} for ${expected}`);
      if (minorUnits(usd) !== cents) wrong.push(`${cents}: ${minorUnits(usd)} cents`);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ["10", "333.33"],
    ["1", "33.33"],
    ["0.07", "2.33"],
    ["0.08", "2.67"],
    ["0.015", "0.5"],
    ["0.01515", "0.51"], // 0.505: half goes up
    ["500", "16666.67"],
    ["99.99", "3333"],
  ])("of %s USD at 0.03 are %s", (usd, credits) => {
    expect(format(creditsFor(amount(usd), amount("0.03")))).toBe(credits);
  });
});

describe("a payment intent", () => {
  it.each([
    ["nothing", null],
    ["a text", "pi_1"],
    ["a list", []],
    ["an object without an id", {}],
    ["an id that is none", { id: "" }],
    ["an id with a blank", { id: "pi 1" }],
    ["an id with a NUL", { id: "pi_\u0000" }],
    ["an id of 256 characters", { id: "p".repeat(256) }],
    ["a negative amount", { id: "pi_1", amount_received: -1 }],
    ["half a cent", { id: "pi_1", amount_received: 0.5 }],
    ["an amount beyond exact numbers", { id: "pi_1", amount_received: 2 ** 53 }],
    ["an amount that is a text", { id: "pi_1", amount_received: "1000" }],
    ["a livemode that is a text", { id: "pi_1", livemode: "true" }],
    ["metadata that is a text", { id: "pi_1", metadata: "x" }],
    ["metadata with a number", { id: "pi_1", metadata: { credits: 5 } }],
  ])("is not read out of %s", (_what, object) => {
    expect(parsePayment(object)).toBeNull();
  });

  it("is read with what is missing in it", () => {
    expect(parsePayment({ id: "pi_1", extra: 1 })).toMatchObject({
      status: "succeeded",
      amount_received: null,
      currency: null,
      livemode: false,
    });
  });
});

function kindOf(metadata: unknown): string {
  return purposeOf(paymentWith({ metadata })).kind;
}

describe("the purpose of a payment", () => {
  it.each([
    [{ top_up_id: ID, user_id: "ada", credits: "333.33" }, "top_up"],
    [{ top_up_id: ID }, "top_up"],
    [{ top_up_id: ID, user_id: "ada", credits: "anything" }, "top_up"],
    [{ top_up_id: "" }, "unreadable"],
    [{ top_up_id: "x", user_id: "ada", credits: "1" }, "unreadable"],
    [{ top_up_id: ID.toUpperCase(), user_id: "ada" }, "unreadable"],
    [{ top_up_id: ` ${ID}` }, "unreadable"],
    [{ top_up_id: `${ID}' or 1=1` }, "unreadable"],
    [{ top_up_id: ID, user_id: "" }, "unreadable"],
    [{ top_up_id: ID, user_id: "a\u0000" }, "unreadable"],
    [{ top_up_id: ID, user_id: "u".repeat(65) }, "unreadable"],
    [{ user_id: "ada", credits: "333.33" }, "credits"],
    [{ user_id: "ada", credits: "1" }, "credits"],
    [{ user_id: "😀".repeat(64), credits: "1" }, "credits"],
    [null, "foreign"],
    [{}, "foreign"],
    [{ order: "17" }, "foreign"],
    [{ user_id: "ada" }, "foreign"],
    [{ credits: "5" }, "foreign"],
  ])("%j is %s", (metadata, kind) => {
    expect(kindOf(metadata)).toBe(kind);
  });

  it.each([
    "",
    " ",
    "0",
    "0.00",
    "-1",
    "+1",
    "1.001",
    "1e3",
    "NaN",
    "Infinity",
    "null",
    "１０",
    "1,5",
    "0x10",
    "10000000000",
    "9".repeat(30),
    " 1",
  ])('credits of "%s" are unreadable', (credits) => {
    expect(kindOf({ user_id: "ada", credits })).toBe("unreadable");
  });
});

describe("a payment fits its top-up", () => {
  const terms: TopUpTerms = { user_id: "ada", amount_usd: "10.00", payment_intent: "pi_1" };
  const reason = (more: Record<string, unknown>, user: string | null = "ada", of = terms) => misfit(paymentWith(more), user, of, false);

  it("when everything is as the row says, with or without the user's name, before and after the two were tied together", () => {
    expect([reason({}), reason({}, null), reason({}, "ada", { ...terms, payment_intent: null })]).toEqual([null, null, null]);
  });

  it.each([
    ["another status", /not succeeded/, { status: "processing" }, "ada", terms],
    ["an empty status", /not succeeded/, { status: "" }, "ada", terms],
    ["live mode", /livemode/, { livemode: true }, "ada", terms],
    ["yen", /currency/, { currency: "jpy" }, "ada", terms],
    ["dollars in capitals", /currency/, { currency: "USD" }, "ada", terms],
    ["no currency", /currency/, { currency: null }, "ada", terms],
    ["another user", /another user/, {}, "bob", terms],
    ["the same user in capitals", /another user/, {}, "Ada", terms],
    ["another payment", /another payment/, { id: "pi_2" }, "ada", terms],
    ["a cent less", /another amount/, { amount_received: 999 }, "ada", terms],
    ["a cent more", /another amount/, { amount_received: 1_001 }, "ada", terms],
    ["a hundred times", /another amount/, { amount_received: 100_000 }, "ada", terms],
    ["nothing", /another amount/, { amount_received: 0 }, "ada", terms],
    ["no amount", /another amount/, { amount_received: null }, "ada", terms],
  ])("but not with %s", (_what, expected, more, user, of) => {
    expect(reason(more, user, of)).toMatch(expected);
  });

  it("of the other mode on a live stage", () => {
    expect(misfit(paymentWith({ livemode: true }), null, terms, true)).toBeNull();
    expect(misfit(paymentWith({ livemode: false }), null, terms, true)).toMatch(/livemode/);
  });
});

describe("an older payment buys what it promises", () => {
  const price = amount("0.03");
  const reason = (more: Record<string, unknown>, local = false, credits = "333.33") =>
    misfitOfCredits(paymentWith(more), amount(credits), price, { local, livemode: false });

  it("for exactly the amount that buys it, and locally also without an amount", () => {
    expect([reason({}), reason({}, true), reason({ amount_received: null, currency: null }, true)]).toEqual([null, null, null]);
    expect(reason({ amount_received: 1 }, false, "0.33")).toBeNull();
  });

  it.each([
    ["another amount", { amount_received: 1_001 }, false],
    ["a cent less", { amount_received: 999 }, true],
    ["nothing", { amount_received: 0 }, true],
    ["no amount, away from the local stage", { amount_received: null }, false],
    ["no amount, in yen", { amount_received: null, currency: "jpy" }, true],
    ["no currency, with an amount", { currency: null }, true],
    ["live mode", { livemode: true }, true],
    ["another status", { status: "requires_action" }, true],
  ])("but not for %s", (_what, more, local) => {
    expect(reason(more, local)).toEqual(expect.any(String));
  });
});

test("nothing is bought for nothing", () => {
  expect(creditsFor(ZERO, amount("0.03")).eq(ZERO)).toBe(true);
});

describe("what a payment says of a top-up that is gone", () => {
  const OWN = { top_up_id: ID, user_id: "ada", credits: "333.33" };
  const termsOf = (more: Record<string, unknown>, price = "0.03", livemode = false) =>
    termsWithoutRow(paymentWith({ metadata: OWN, ...more }), amount(price), livemode);

  it("is taken when it is what was received buys, at its own price or, without one, at this one", () => {
    const terms = { topUp: ID, user: "ada", credits: amount("333.33"), amountUsd: amount("10") };
    expect([termsOf({}), termsOf({ metadata: { ...OWN, usd_per_credit: "0.03" } }, "0.06")]).toEqual([terms, terms]);
    expect(termsOf({ livemode: true }, "0.03", true)).toEqual(terms);
  });

  it.each([
    ["another price", { metadata: { ...OWN, usd_per_credit: "0.04" } }],
    ["a price that is none", { metadata: { ...OWN, usd_per_credit: "-0.03" } }],
    ["nobody", { metadata: { top_up_id: ID, credits: "333.33" } }],
    ["no credits", { metadata: { top_up_id: ID, user_id: "ada" } }],
    ["no top-up", { metadata: { user_id: "ada", credits: "333.33" } }],
    ["another amount", { amount_received: 1_001 }],
    ["another currency", { currency: "eur" }],
    ["another mode", { livemode: true }],
    ["that it has not succeeded", { status: "requires_capture" }],
  ])("is not when it says %s", (_what, more) => {
    expect(termsOf(more)).toBeNull();
  });

  it.each([
    [1, "usd", "0.01"],
    [9_999_999_999, "usd", "99999999.99"],
    [10_000_000_000, "usd", null],
    [0, "usd", null],
    [null, "usd", null],
    [1_000, "USD", null],
    [1_000, "jpy", null],
    [1_000, null, null],
  ])("received as %s of %s is %s dollars", (received, currency, usd) => {
    const found = receivedUsd({ amount_received: received, currency });
    expect(found && format(found)).toBe(usd);
  });
});
