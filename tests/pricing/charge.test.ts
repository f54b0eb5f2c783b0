// Contract section 2, line by line: OE tokens, credits, and where they are rounded.

import { describe, expect, test } from "vitest";
import { charge } from "@pantheon/core/pricing/charge.ts";
import { oeTokens } from "@pantheon/core/pricing/weights.ts";
import { amount, format, parseDecimal, sum } from "@pantheon/contract/money.ts";
import { multiplierOf } from "@pantheon/core/pricing/catalog.ts";

const weights = { fresh: amount("0.35"), cached: amount("0.10"), output: amount("1"), oePerCredit: amount("10000") };
const credits = (tokens: { fresh: number; cached: number; output: number }, multiplier: string) =>
  charge(tokens, { weights, multiplier: amount(multiplier) });

describe("OE tokens", () => {
  test.each([
    [{ fresh: 100, cached: 50, output: 10 }, "50"],
    [{ fresh: 0, cached: 0, output: 10_000 }, "10000"],
    [{ fresh: 1, cached: 0, output: 0 }, "0.35"],
    [{ fresh: 0, cached: 1, output: 0 }, "0.1"],
    [{ fresh: 0, cached: 0, output: 0 }, "0"],
    [{ fresh: -100, cached: -1, output: 7 }, "7"],
    [{ fresh: Number.NaN, cached: 0, output: 3 }, "3"],
    [{ fresh: 9_007_199_254_740_991, cached: 0, output: 0 }, "3152519739159346.85"],
  ])("%j weigh %s", (tokens, expected) => {
    expect(format(oeTokens(tokens, weights))).toBe(expected);
  });
});

describe("credits", () => {
  test.each([
    [10_000, "0.5", "0.5", "0.5"],
    [10_000, "1", "1", "1"],
    [1, "1", "0.0001", "0.0001"],
    [1, "0.5", "0.00005", "0.0001"],
    [1, "0.4", "0.00004", "0"],
    [7, "1.2345", "0.00086415", "0.0009"],
  ])("%d output tokens at × %s are charged %s and shown as %s", (output, multiplier, charged, burned) => {
    const result = credits({ fresh: 0, cached: 0, output }, multiplier);
    expect([format(result.charged), format(result.burned)]).toEqual([charged, burned]);
  });

  test("are rounded half up once at 8 decimals, and the display figure comes from the exact value, not from the rounded one", () => {
    // 1 cached token × 0.0005 = 0.000000005 exactly: up to 1e-8. At 4 decimals it is nothing.
    const tiny = credits({ fresh: 0, cached: 1, output: 0 }, "0.0005");
    expect([format(tiny.exact), format(tiny.charged), format(tiny.burned)]).toEqual(["0.000000005", "0.00000001", "0"]);
    // 0.000049995 is 0.00005 at 8 decimals, and that would show as 0.0001; the exact value shows as 0.
    const edge = charge({ fresh: 0, cached: 0, output: 1 }, { weights, multiplier: amount("0.49995") });
    expect([format(edge.charged), format(edge.burned)]).toEqual(["0.00005", "0"]);
  });

  test("of an alias that is not in the catalogue use the multiplier 1.0", () => {
    const catalog = {
      revision: "1",
      version: "v",
      weights,
      multipliers: new Map([["gpt-4o", amount("2")]]),
      toolCredits: new Map(),
      prices: "{}",
    };
    expect(format(multiplierOf(catalog, "gpt-4o"))).toBe("2");
    expect(format(multiplierOf(catalog, "never-heard-of"))).toBe("1");
  });
});

describe("amounts", () => {
  test("add up exactly: 100 000 times 0.00000001 is 0.001", () => {
    expect(format(sum(Array.from({ length: 100_000 }, () => amount("0.00000001"))))).toBe("0.001");
  });

  test.each([
    ["0", "0"],
    ["5.25", "5.25"],
    ["-1.50", "-1.5"],
    ["-0", "0"],
    ["100.00000000", "100"],
    ["0.00000001", "0.00000001"],
  ])("%s leaves as %s", (text, expected) => {
    expect(format(amount(text))).toBe(expected);
  });

  test.each([
    "",
    " ",
    "1e3",
    "1E-9",
    "NaN",
    "Infinity",
    "+1",
    "1,5",
    "0x10",
    "1_000",
    " 1",
    "1 ",
    "１",
    "١",
    ".5",
    "5.",
    "01",
    "--1",
    "0.000000001",
    "1234567890123456789",
    "9".repeat(10_000),
  ])("%j is refused", (text) => {
    expect(parseDecimal(text, 8)).toBeNull();
  });

  test("a float can never become an amount", () => {
    // @ts-expect-error a number is no amount
    expect(() => amount(0.1)).toThrow();
    expect(() => Number(amount("1"))).toThrow();
  });
});
