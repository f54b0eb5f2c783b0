// What a top-up is for every status that a payment intent can have.

import { expect, it } from "vitest";
import { parsePayment, stateOf } from "@pantheon/core/payments/payment.ts";

const DECLINED = { code: "card_declined" };

it.each([
  ["requires_payment_method", null, "pending", null],
  ["requires_payment_method", DECLINED, "pending", "failed"],
  ["requires_payment_method", null, "processing", "failed"],
  ["requires_payment_method", DECLINED, "failed", "failed"],
  ["requires_confirmation", null, "created", null],
  ["requires_confirmation", null, "failed", "pending"],
  ["requires_action", DECLINED, "failed", "pending"],
  ["requires_action", null, "processing", "pending"],
  ["processing", null, "pending", "processing"],
  ["requires_capture", null, "pending", "processing"],
  ["canceled", DECLINED, "processing", "canceled"],
  ["succeeded", null, "pending", null],
  ["something_new", null, "processing", null],
])("%s (failure %j) of one that is %s: %s", (status, last_payment_error, known, state) => {
  const payment = parsePayment({ id: "pi_1", status, last_payment_error });
  expect(payment && stateOf(payment, known)).toBe(state);
});
