// The models and their prices, and text that comes in pieces.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listCost } from "@pantheon/core/models/model.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { storablePieces, storableText } from "@pantheon/core/models/storable-text.ts";
import { amount, format } from "@pantheon/contract/money.ts";

const ALIASES = ["deepseek", "gemini-flash", "gemini-pro", "gpt-4o-mini", "gpt-4o", "claude-haiku", "claude-sonnet", "default"];
const NONE = { fresh: 0, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, output: 0 };

describe("the models", () => {
  it("are exactly the aliases that the first pricing version prices", () => {
    expect(Object.keys(MODELS).toSorted()).toEqual([...ALIASES].toSorted());
  });

  it("cannot be changed while running", () => {
    expect(() => Reflect.apply(Object.assign, null, [MODELS, { cheap: MODELS["default"] }])).toThrow(TypeError);
  });

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "GPT-4O", "gpt-4o ", ""])("do not know %j", (alias) => {
    expect(MODELS[alias]).toBeUndefined();
  });

  it.each(Object.keys(MODELS))("give %s two routes at one price, an output above the contract's most, and tiers in order", (alias) => {
    const { outputLimit, contextWindow, routes } = MODELS[alias] ?? { outputLimit: 0, contextWindow: 0, routes: [] };
    expect(outputLimit).toBeGreaterThanOrEqual(8_192);
    expect(outputLimit).toBeLessThan(contextWindow);
    expect(routes).toHaveLength(2);
    for (const { prices, tiers } of routes) {
      expect(prices).toEqual(routes[0]?.prices);
      const [read, fresh, write, hour] = [prices.cacheRead, prices.fresh, prices.cacheWrite, prices.cacheWriteHour].map(amount);
      expect([read?.lt(fresh ?? 0), fresh?.lte(write ?? 0), write?.lte(hour ?? 0)]).toEqual([true, true, true]);
      expect(tiers.map(({ aboveInput }) => aboveInput)).toEqual(tiers.map(({ aboveInput }) => aboveInput).toSorted((a, b) => a - b));
    }
  });
});

describe("what is credible of a usage report", () => {
  it.each(Object.keys(MODELS))("is more than %s could need, and twice its window at least", (alias) => {
    const { contextWindow = Infinity, credible } = MODELS[alias] ?? {};
    expect(contextWindow).toBeGreaterThan(32_000 + 8_192); // the longest message and the longest answer
    expect(credible?.input).toBeGreaterThanOrEqual(2 * contextWindow);
    expect(credible?.output).toBeGreaterThanOrEqual(2 * 8_192);
  });
});

describe("the list cost of a call", () => {
  it.each([
    ["gpt-4o-mini", NONE, "0"],
    ["gpt-4o-mini", { ...NONE, fresh: 1 }, "0.00000015"],
    ["gpt-4o-mini", { ...NONE, cacheRead: 1 }, "0.000000075"],
    ["gpt-4o-mini", { ...NONE, fresh: 100, cacheRead: 50, output: 10 }, "0.00002475"],
    ["gpt-4o-mini", { ...NONE, fresh: Number.MAX_SAFE_INTEGER }, "1351079888.21114865"],
    ["claude-sonnet", { ...NONE, cacheWrite: 1_000_000 }, "3.75"],
    ["claude-sonnet", { ...NONE, cacheWriteHour: 1_000_000 }, "6"],
    ["claude-haiku", { fresh: 1, cacheRead: 2, cacheWrite: 3, cacheWriteHour: 4, output: 5 }, "0.00003795"],
    ["gemini-pro", { ...NONE, fresh: 200_000, output: 1_000 }, "0.26"],
    ["gemini-pro", { ...NONE, fresh: 200_001, output: 1_000 }, "0.5150025"],
    ["gemini-pro", { ...NONE, fresh: 1, cacheRead: 200_000, output: 0 }, "0.0500025"],
  ] as const)("of %s for %j is exactly %s USD", (alias, tokens, usd) => {
    const [route] = MODELS[alias]?.routes ?? [];
    if (route === undefined) throw new Error(`${alias} is missing`);
    expect(format(listCost(route, tokens))).toBe(usd);
  });
});

describe("text in pieces", () => {
  it("comes to what the whole comes to, wherever it was split", () => {
    const unit = fc.constantFrom("a", "é", "😀", "\ud83d", "\ude00", "\0", "€");
    fc.assert(
      fc.property(fc.array(fc.array(unit, { maxLength: 4 }), { maxLength: 8 }), fc.nat(40), (pieces: string[][], limit: number) => {
        const cleaner = storablePieces(limit);
        const texts = pieces.map((units) => units.join(""));
        const given = texts.map((piece) => cleaner.take(piece));
        expect([...given, cleaner.rest()].join("")).toBe(storableText(texts.join(""), limit));
        expect(given.every((piece) => piece.isWellFormed())).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});
