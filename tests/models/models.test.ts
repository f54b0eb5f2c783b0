// The list of models is what can be priced and run, and its cost is exact.

import { describe, expect, it } from "vitest";
import { costOf, MODELS } from "@pantheon/core/llm/models.ts";
import { amount, format } from "@pantheon/contract/money.ts";

const ALIASES = ["deepseek", "gemini-flash", "gemini-pro", "gpt-4o-mini", "gpt-4o", "claude-haiku", "claude-sonnet", "default"];

describe("the models", () => {
  it("are exactly the aliases that the first pricing version prices", () => {
    expect(Object.keys(MODELS).sort()).toEqual([...ALIASES].sort());
  });

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "GPT-4O", "gpt-4o ", ""])("do not know %j", (alias) => {
    expect(MODELS[alias]).toBeUndefined();
  });

  it.each(ALIASES)(
    "give %s a window above the longest message, credible figures of twice that and more, and positive prices, cached input the cheapest",
    (alias) => {
      const model = MODELS[alias];
      expect(model?.contextWindow).toBeGreaterThan(32_000 + 8_192);
      expect(model?.credibleInput).toBeGreaterThanOrEqual(2 * (model?.contextWindow ?? Infinity));
      expect(model?.credibleOutput).toBeGreaterThanOrEqual(2 * 8_192);
      const [fresh, cached, output] = ["fresh", "cached", "output"].map((kind) =>
        amount(String(Reflect.get(model?.usdPerMillion ?? {}, kind))),
      );
      expect(cached?.gt(amount("0"))).toBe(true);
      expect(fresh?.gt(cached ?? fresh)).toBe(true);
      expect(output?.gt(fresh ?? output)).toBe(true);
    },
  );

  it("cannot be changed while running", () => {
    expect(() => Reflect.apply(Object.assign, null, [MODELS, { cheap: MODELS["default"] }])).toThrow(TypeError);
  });
});

describe("the cost of a call", () => {
  const model = MODELS["gpt-4o-mini"];
  if (model === undefined) throw new Error("gpt-4o-mini is missing");

  it.each([
    [{ fresh: 0, cached: 0, output: 0 }, "0"],
    [{ fresh: 1, cached: 0, output: 0 }, "0.00000015"],
    [{ fresh: 0, cached: 1, output: 0 }, "0.000000075"],
    [{ fresh: 100, cached: 50, output: 10 }, "0.00002475"],
    [{ fresh: Number.MAX_SAFE_INTEGER, cached: 0, output: 0 }, "1351079888.21114865"],
  ])("of %j is exactly %s USD", (usage, usd) => {
    expect(format(costOf(model, usage))).toBe(usd);
  });
});
