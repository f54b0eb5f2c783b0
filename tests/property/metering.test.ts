// The charge against an oracle that shares nothing with it: whole numbers only, scaled so that no step can round.

import fc from "fast-check";
import { expect, test } from "vitest";
import { charge } from "@pantheon/core/metering/credits.ts";
import { amount } from "@pantheon/core/money.ts";

const CASES = 100_000;
const tokens = fc.integer({ min: 0, max: 20_000_000 });
const tenThousandths = (max: number) => fc.integer({ min: 1, max });

test(`${CASES} random charges equal the integer oracle at 8 and at 4 decimals`, () => {
  fc.assert(
    fc.property(
      tokens,
      tokens,
      tokens,
      tenThousandths(1_000_000),
      tenThousandths(20_000),
      tenThousandths(20_000),
      (fresh, cached, output, m, wf, wc) => {
        const weights = { fresh: decimal(wf), cached: decimal(wc), output: amount("1"), oePerCredit: amount("10000") };
        const result = charge({ fresh, cached, output }, { weights, multiplier: decimal(m) });
        // OE in units of 1e-4, times the multiplier in units of 1e-4, over 10 000: credits in units of 1e-12.
        const exact = (BigInt(fresh) * BigInt(wf) + BigInt(cached) * BigInt(wc) + BigInt(output) * 10_000n) * BigInt(m);
        expect(result.charged.toFixed(8)).toBe(fixed(halfUp(exact, 10n ** 4n), 8));
        expect(result.burned.toFixed(4)).toBe(fixed(halfUp(exact, 10n ** 8n), 4));
      },
    ),
    { numRuns: CASES },
  );
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
