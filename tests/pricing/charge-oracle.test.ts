// The charge against an oracle that shares nothing with it: whole numbers only, scaled so that no step can round.

import { expect, test } from "vitest";
import { charge } from "@pantheon/core/pricing/charge.ts";
import { amount, sum } from "@pantheon/contract/money.ts";
import { randomFrom } from "../support/random.ts";
import { say } from "../support/say.ts";

const CASES = 1_000_000;

test(`${CASES} random charges equal the integer oracle at 8 and at 4 decimals`, () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  say(`seed ${seed}`);
  const random = randomFrom(seed);
  const upTo = (max: number) => Math.floor(random() * (max + 1));
  const [one, tenThousand] = [amount("1"), amount("10000")];
  for (let n = 0; n < CASES; n += 1) {
    // Small and large ones alike: half of the cases are short calls, where a lost digit would show.
    const most = n % 2 === 0 ? 20_000_000 : 2_000;
    const tokens = { fresh: upTo(most), cached: upTo(most), output: upTo(most) };
    const [m, wf, wc] = [1 + upTo(999_999), 1 + upTo(19_999), 1 + upTo(19_999)];
    const weights = { fresh: decimal(wf), cached: decimal(wc), output: one, oePerCredit: tenThousand };
    const result = charge(tokens, { weights, multiplier: decimal(m) });
    // OE in units of 1e-4, times the multiplier in units of 1e-4, over 10 000: credits in units of 1e-12.
    const exact = (BigInt(tokens.fresh) * BigInt(wf) + BigInt(tokens.cached) * BigInt(wc) + BigInt(tokens.output) * 10_000n) * BigInt(m);
    const [charged, burned] = [fixed(halfUp(exact, 10n ** 4n), 8), fixed(halfUp(exact, 10n ** 8n), 4)];
    if (result.charged.toFixed(8) !== charged || result.burned.toFixed(4) !== burned) {
      // Only a difference is handed to the assertion: a million of them would take longer than the arithmetic.
      expect({ tokens, m, wf, wc, charged: result.charged.toFixed(8), burned: result.burned.toFixed(4) }).toMatchObject({
        charged,
        burned,
      });
    }
  }
});

test("a hundred thousand times the smallest amount is exactly a thousandth", () => {
  expect(sum(Array.from({ length: 100_000 }, () => amount("0.00000001"))).toFixed()).toBe("0.001");
});

function decimal(tenThousandthsOf: number) {
  return amount(fixed(BigInt(tenThousandthsOf), 4));
}

function halfUp(value: bigint, unit: bigint): bigint {
  return (2n * value + unit) / (2n * unit);
}

function fixed(units: bigint, decimals: number): string {
  const digits = units.toString().padStart(decimals + 1, "0");
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
