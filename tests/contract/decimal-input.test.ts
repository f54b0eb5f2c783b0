// Amounts from outside are read exactly, or not at all.

import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { positiveDecimal } from "@pantheon/contract/decimal-input.ts";
import { amount, format } from "@pantheon/contract/money.ts";

const Grant = positiveDecimal(amount("10000"), 8);

function read(value: unknown, schema = Grant): string | null {
  const result = v.safeParse(schema, value);
  return result.success ? format(result.output) : null;
}

describe("a number", () => {
  it.each([
    [0.1, "0.1"],
    [0.3, "0.3"],
    [1, "1"],
    [10_000, "10000"],
    [0.00000001, "0.00000001"],
    [1e-8, "0.00000001"],
    [1e4, "10000"],
    [9_999.99999999, "9999.99999999"],
    [1234.5, "1234.5"],
  ])("%s is %s", (value, expected) => {
    expect(read(value)).toBe(expected);
  });

  it.each([0, -0, -1, 1e-9, 10_000.00000001, 10_000.1, 1e21, 1e300, 5e-324, 0.1 + 0.2, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE])(
    "%s is refused",
    (value) => {
      expect(read(value)).toBeNull();
    },
  );

  it("of more than 15 significant digits is refused, since it may not be the number that was written", () => {
    const Wide = positiveDecimal(amount("999999999999999999"), 8);
    expect([read(999_999_999_999_999, Wide), read(9_007_199_254_740_992, Wide)]).toEqual(["999999999999999", null]);
    expect(read("9007199254740993", Wide)).toBe("9007199254740993");
  });
});

describe("a text", () => {
  it.each([
    ["0.1", "0.1"],
    ["10000.00000000", "10000"],
    ["0.00000001", "0.00000001"],
    ["9999.99999999", "9999.99999999"],
    ["1.50", "1.5"],
  ])("%s is %s", (value, expected) => {
    expect(read(value)).toBe(expected);
  });

  const LONG = ["9".repeat(19), `0.${"0".repeat(10_000)}1`, "1".repeat(1_000_000)];
  const SPACED = ["", " ", " 1", "1 ", "1\n", "\t1", "1\u0000", "1 000"];
  const WRONG = "0 0.0 -0 -1 +1 01 00.1 .1 1. 1e3 1E3 1e-8 NaN Infinity null 0x10 1_000 1,5 １ ٣ 1．5 −1".split(" ");
  const BEYOND = ["10000.00000001", "10000.1", "0.000000001", "1.000000000"];

  it.each([...WRONG, ...SPACED, ...BEYOND, ...LONG].map((value) => ({ what: JSON.stringify(value.slice(0, 20)), value })))(
    "$what is refused",
    ({ value }) => {
      expect(read(value)).toBeNull();
    },
  );
});

describe("what is neither", () => {
  it.each([null, undefined, true, [], [1], ["1"], {}, { amount: 1 }, 10n, new Date(0)])("(%s) is refused", (value) => {
    expect(read(value)).toBeNull();
  });

  it("is refused with one fault that names the rule and not the value", () => {
    for (const value of ["canary", null, -1, [1]]) {
      const { issues } = v.safeParse(Grant, value);
      expect(issues?.map(({ message }) => message)).toEqual(["must be above 0 and at most 10000, with at most 8 decimals"]);
    }
  });
});

describe("any decimal in range", () => {
  const units = fc.bigInt({ min: 1n, max: 1_000_000_000_000n }); // of 0.00000001 up to 10 000
  const decimal = units.map((count) => {
    const digits = String(count).padStart(9, "0");
    return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
  });

  it("is itself, as a text and as the JSON number of its digits", () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const expected = format(amount(text));
        expect([read(text), read(JSON.parse(text))]).toEqual([expected, expected]);
      }),
      { numRuns: 500 },
    );
  });

  it("is refused with one decimal more than the field has", () => {
    fc.assert(
      fc.property(decimal, fc.integer({ min: 0, max: 9 }), (text, digit) => {
        expect(read(`${text}${digit}`)).toBeNull();
      }),
    );
  });
});
