// What a price earns, as arithmetic: sold for, list cost, break-even. The oracle is listCost, by which every call is costed.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { amount, type Amount } from "@pantheon/contract/money.ts";
import { listCost, type Model } from "@pantheon/core/models/model.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { charge } from "@pantheon/core/pricing/charge.ts";
import { priceRead, warningsOf, type Terms, type Use } from "@pantheon/core/pricing/economics.ts";

const WEIGHTS = { fresh: amount("0.35"), cached: amount("0.1"), output: amount("1"), oePerCredit: amount("10000") };
const TERMS: Terms = { weights: WEIGHTS, usdPerCredit: amount("0.03") };
const LAUNCH: Record<string, string> = {
  deepseek: "0.5",
  "gemini-flash": "0.8",
  "gemini-pro": "1.2",
  "gpt-4o-mini": "1",
  "gpt-4o": "2",
  "claude-haiku": "0.8",
  "claude-sonnet": "1.5",
  default: "1",
};

const price = (alias: string, multiplier: string) => ({ model_alias: alias, multiplier, pricing_version: "v" });
const modelOf = (alias: string): Model => MODELS[alias] ?? expect.fail(alias);
const use = (more: Partial<Use>): Use => ({ calls: 1, fresh: 0, cached: 0, output: 0, cost: amount("0"), ...more });

describe("a price", () => {
  it("says what a million tokens are sold for, what they cost by list, and from which multiplier on nothing is lost", () => {
    expect(priceRead(price("claude-sonnet", "1.5"), TERMS, modelOf("claude-sonnet"), null)).toEqual({
      ...price("claude-sonnet", "1.5"),
      sold_usd: { fresh: "1.575", cached: "0.45", output: "4.5" },
      list_cost_usd: { fresh: "3", cached: "0.3", cache_write: "3.75", output: "15" },
      break_even_multiplier: "5",
      long_input: [],
      recent_use: null,
    });
  });

  it("says what long inputs cost where the provider asks more for them", () => {
    const { break_even_multiplier: even, long_input: long } = priceRead(price("gemini-pro", "1.2"), TERMS, modelOf("gemini-pro"), null);
    expect([even, long]).toEqual([
      "3.3334", // 10 / 3, and never rounded down
      [
        {
          above_input_tokens: 200_000,
          list_cost_usd: { fresh: "2.5", cached: "0.25", cache_write: "2.5", output: "15" },
          break_even_multiplier: "5",
        },
      ],
    ]);
  });

  it("says what recent use would have earned at it, against what that cost", () => {
    const recent = use({ calls: 3, fresh: 10_000, cached: 5_000, output: 6_000, cost: amount("0.12") });
    expect(priceRead(price("default", "2"), TERMS, modelOf("default"), recent).recent_use).toEqual({
      call_count: 3,
      input_tokens_fresh: 10_000,
      input_tokens_cached: 5_000,
      output_tokens: 6_000,
      revenue_usd: "0.06", // 10 000 OE tokens, 2 credits
      provider_cost_usd: "0.12",
      margin_usd: "-0.06",
      break_even_multiplier: "4",
    });
  });

  it("of what can be run no more has no list cost, and what is sold for nothing has no break-even", () => {
    expect(priceRead(price("gone", "1"), TERMS, null, null)).toMatchObject({
      list_cost_usd: null,
      break_even_multiplier: null,
      long_input: [],
    });
    const free: Terms = { ...TERMS, weights: { ...WEIGHTS, cached: amount("0") } };
    expect(priceRead(price("default", "1"), free, modelOf("default"), null).break_even_multiplier).toBe(null);
    expect(warningsOf(price("default", "100"), free, modelOf("default"), null)[0]?.text).toContain("No multiplier is enough.");
  });
});

describe("the launch prices", () => {
  it("are below the list cost of five aliases, and each says which tokens", () => {
    const told = Object.entries(LAUNCH).flatMap(([alias, multiplier]) => warningsOf(price(alias, multiplier), TERMS, modelOf(alias), null));
    expect(told.map(({ code, alias }) => `${code} ${alias}`)).toEqual(
      ["gemini-flash", "gemini-pro", "gpt-4o", "claude-haiku", "claude-sonnet"].map((alias) => `below_list_cost ${alias}`),
    );
    expect(told.at(-1)?.text).toBe(
      "Sold below list cost, USD for a million tokens: fresh input at $1.575, list cost $3; input that is written into a cache at $1.575, " +
        "list cost $3.75; output at $4.5, list cost $15. Nothing is lost from a multiplier of 5 on.",
    );
    expect(told[1]?.text).toContain("Above 200000 tokens of input: ");
  });
});

describe("recent use", () => {
  const loses = use({ output: 10_000, cost: amount("0.06") });
  it("is warned of when it would have lost at this price, and not at its break-even", () => {
    const [warning, ...others] = warningsOf(price("default", "1"), TERMS, modelOf("default"), loses);
    expect([warning?.code, others]).toEqual(["loses_on_recent_use", []]);
    expect(warning?.text).toBe(
      "The use of the last 30 days would have earned $0.03 at this multiplier, and cost $0.06. It would have taken a multiplier of 2.",
    );
    expect(warningsOf(price("default", "2"), TERMS, modelOf("default"), loses)).toEqual([]);
  });

  it("that could not be read is said, and that there was none is not", () => {
    expect(warningsOf(price("default", "1"), TERMS, modelOf("default"), "unknown").map(({ code }) => code)).toEqual(["recent_use_unknown"]);
    expect(warningsOf(price("default", "1"), TERMS, modelOf("default"), null)).toEqual([]);
  });
});

const tokens = fc.integer({ min: 0, max: 150_000 });
const call = fc.record({ fresh: tokens, cacheRead: tokens, cacheWrite: tokens, output: tokens });

test("at the break-even no call of any model loses money by list, whatever it is made of; a ten-thousandth below it some call does", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(LAUNCH)), call, (alias, { fresh, cacheRead, cacheWrite, output }) => {
      const model = modelOf(alias);
      const read = priceRead(price(alias, "1"), TERMS, model, null);
      const input = fresh + cacheRead + cacheWrite;
      const step = read.long_input.findLast(({ above_input_tokens: above }) => input > above);
      const even = amount((step ?? read).break_even_multiplier ?? "");
      const earns = (multiplier: Amount) =>
        charge({ fresh: fresh + cacheWrite, cached: cacheRead, output }, { weights: WEIGHTS, multiplier }).exact.times(TERMS.usdPerCredit);
      for (const route of model.routes) {
        const cost = listCost(route, { fresh, cacheRead, cacheWrite, cacheWriteHour: 0, output });
        expect(earns(even).gte(cost)).toBe(true);
      }
    }),
  );
  for (const alias of Object.keys(LAUNCH)) {
    const even = amount(priceRead(price(alias, "1"), TERMS, modelOf(alias), null).break_even_multiplier ?? "");
    const below = even.minus(amount("0.0001")).toFixed();
    expect(warningsOf(price(alias, below), TERMS, modelOf(alias), null)).toHaveLength(1);
  }
});
