// How much of what a tool found is told.

import { describe, expect, test } from "vitest";
import { fittedList, fittedText } from "@pantheon/core/tools/fitted.ts";

const size = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe("a text", () => {
  test.each(["", "short", "ü".repeat(400), "🎈".repeat(300), '"\n\\'.repeat(500), `${"a".repeat(900)}${'"'.repeat(900)}`])(
    "is told whole where it fits, and else as a beginning of whole characters that does",
    (text) => {
      const fitted = fittedText(text, 1_000);
      expect(size(fitted)).toBeLessThanOrEqual(1_000);
      expect(text.startsWith(fitted)).toBe(true);
      expect(fitted.isWellFormed()).toBe(true);
      if (size(text) <= 1_000) expect(fitted).toBe(text);
      else expect(size(fitted)).toBeGreaterThan(300);
    },
  );
});

describe("a list", () => {
  test("is told as many of its first items as fit", () => {
    const items = Array.from({ length: 50 }, (_, index) => ({ index, text: "x".repeat(100) }));
    const fitted = fittedList(items, 1_000);
    expect(fitted).toEqual(items.slice(0, fitted.length));
    expect(size(fitted)).toBeLessThanOrEqual(1_000);
    expect(size(items.slice(0, fitted.length + 1))).toBeGreaterThan(1_000);
    expect(fittedList(items.slice(0, 2), 1_000)).toHaveLength(2);
  });
});
