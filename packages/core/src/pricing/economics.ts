// What a price earns: what a million tokens are sold for, what they cost by the providers' lists, and from which multiplier on nothing
// is lost. Pure. It is for admins to read, and changes no price.

import type * as v from "valibot";
import type { PriceRead, PriceWarning } from "@pantheon/contract/prices.ts";
import { amount, format, roundHalfUp, ZERO, type Amount } from "@pantheon/contract/money.ts";
import type { Model, Prices } from "../models/model.ts";
import { oeTokens, type TokenClasses, type Weights } from "./weights.ts";

/** What makes dollars of a multiplier: a version's weights, and what a credit costs in USD. */
export type Terms = { readonly weights: Weights; readonly usdPerCredit: Amount };

/** An alias's use of some days: calls and tokens that were charged for, and what the providers asked, for calls of the house too. */
export type Use = TokenClasses & { readonly calls: number; readonly cost: Amount };

type Multiplied = { readonly model_alias: string; readonly multiplier: string; readonly pricing_version: string };
type Read = v.InferInput<typeof PriceRead>;
type Warning = v.InferInput<typeof PriceWarning>;

/** A price with what it earns: `model` is null where the alias cannot be run any more, `use` where there was none. USD, rounded once. */
export function priceRead(price: Multiplied, terms: Terms, model: Model | null, use: Use | null): Read {
  const multiplier = amount(price.multiplier);
  const [base, ...long] = model === null ? [] : costsOf(model);
  return {
    ...price,
    sold_usd: {
      fresh: usd(sold("fresh", multiplier, terms)),
      cached: usd(sold("cached", multiplier, terms)),
      output: usd(sold("output", multiplier, terms)),
    },
    list_cost_usd: base ? listed(base.cost) : null,
    break_even_multiplier: base ? shown(breakEvenOf(base.cost, terms)) : null,
    long_input: long.map(({ above, cost }) => ({
      above_input_tokens: above,
      list_cost_usd: listed(cost),
      break_even_multiplier: shown(breakEvenOf(cost, terms)),
    })),
    recent_use: use === null ? null : earned(use, multiplier, terms),
  };
}

/**
 * What an admin should know of a price: that a class of tokens is sold below its list cost, or that the use of the last 30 days would
 * have lost money at it. `use`: null where there was none, "unknown" where it could not be read.
 */
export function warningsOf(price: Multiplied, terms: Terms, model: Model | null, use: Use | null | "unknown"): Warning[] {
  const multiplier = amount(price.multiplier);
  const below = model === null ? null : belowList(costsOf(model), multiplier, terms);
  const recent = use === null ? null : recentWarning(use, multiplier, terms);
  const told: (readonly [Warning["code"], string | null])[] = [
    ["below_list_cost", below],
    [use === "unknown" ? "recent_use_unknown" : "loses_on_recent_use", recent],
  ];
  return told.flatMap(([code, text]) => (text === null ? [] : [{ code, alias: price.model_alias, text }]));
}

type Cost = Readonly<Record<CostClass, Amount>>;
type CostClass = "fresh" | "cached" | "cache_write" | "output";

/** What a token of each class is sold as. */
const SOLD_AS: Readonly<Record<CostClass, keyof TokenClasses>> = {
  fresh: "fresh",
  cached: "cached",
  cache_write: "fresh",
  output: "output",
};
const COST_CLASSES = ["fresh", "cached", "cache_write", "output"] as const;
const SAID: Readonly<Record<CostClass, string>> = {
  fresh: "fresh input",
  cached: "cached input",
  cache_write: "input that is written into a cache",
  output: "output",
};

/** The dearest of the routes, class by class, since any of them may serve: first for an ordinary input, then for longer ones. */
function costsOf(model: Model): { readonly above: number; readonly cost: Cost }[] {
  const steps = new Set([0, ...model.routes.flatMap(({ tiers }) => tiers.map(({ aboveInput }) => aboveInput))]);
  return [...steps]
    .toSorted((a, b) => a - b)
    .map((above) => {
      const lists = model.routes.map(
        ({ prices, tiers }) => tiers.findLast(({ aboveInput }) => aboveInput <= above && above > 0)?.prices ?? prices,
      );
      const dearest = (name: keyof Prices) =>
        lists.map((list) => amount(list[name])).reduce((most, each) => (each.gt(most) ? each : most), ZERO);
      return {
        above,
        cost: { fresh: dearest("fresh"), cached: dearest("cacheRead"), cache_write: dearest("cacheWrite"), output: dearest("output") },
      };
    });
}

const MILLION = amount("1000000");

/** USD for a million tokens of a class. */
function sold(name: keyof TokenClasses, multiplier: Amount, { weights, usdPerCredit }: Terms): Amount {
  return weights[name].times(multiplier).times(MILLION).times(usdPerCredit).div(weights.oePerCredit);
}

const ONE = amount("1");

/** The least multiplier at which every class is sold for what it costs; null where one is sold for nothing and is not free. */
function breakEvenOf(cost: Cost, terms: Terms): Amount | null {
  return greatest(COST_CLASSES.map((name) => quotient(cost[name], sold(SOLD_AS[name], ONE, terms))));
}

function greatest(values: readonly (Amount | null)[]): Amount | null {
  return values.reduce((most, each) => (most === null || each === null ? null : each.gt(most) ? each : most), ZERO);
}

function quotient(cost: Amount, earns: Amount): Amount | null {
  if (cost.eq(ZERO)) return ZERO;
  return earns.eq(ZERO) ? null : cost.div(earns);
}

const MULTIPLIER_DECIMALS = 4;
const LEAST_STEP = amount("0.0001");

/** A break-even as a multiplier that can be set: never rounded down, or it would lose by the rest. */
function shown(exact: Amount | null): string | null {
  if (exact === null) return null;
  const rounded = roundHalfUp(exact, MULTIPLIER_DECIMALS);
  return format(rounded.lt(exact) ? rounded.plus(LEAST_STEP) : rounded);
}

function earned(use: Use, multiplier: Amount, terms: Terms): NonNullable<Read["recent_use"]> {
  const atOne = revenueAtOne(use, terms);
  const revenue = atOne.times(multiplier);
  return {
    call_count: use.calls,
    input_tokens_fresh: use.fresh,
    input_tokens_cached: use.cached,
    output_tokens: use.output,
    revenue_usd: usd(revenue),
    provider_cost_usd: usd(use.cost),
    margin_usd: usd(revenue.minus(use.cost)),
    break_even_multiplier: shown(quotient(use.cost, atOne)),
  };
}

/** USD, at multiplier 1. */
function revenueAtOne(use: Use, { weights, usdPerCredit }: Terms): Amount {
  return oeTokens(use, weights).times(usdPerCredit).div(weights.oePerCredit);
}

function belowList(costs: ReturnType<typeof costsOf>, multiplier: Amount, terms: Terms): string | null {
  const parts = costs.flatMap(({ above, cost }) => {
    const classes = COST_CLASSES.filter((name) => sold(SOLD_AS[name], multiplier, terms).lt(cost[name]));
    // A cache that costs nothing to write says nothing new.
    const said = classes.filter((name) => name !== "cache_write" || cost.cache_write.gt(cost.fresh));
    const prices = said.map((name) => `${SAID[name]} at $${usd(sold(SOLD_AS[name], multiplier, terms))}, list cost $${format(cost[name])}`);
    if (prices.length === 0) return [];
    const even = shown(breakEvenOf(cost, terms));
    const where = above === 0 ? "" : `Above ${above} tokens of input: `;
    return [
      `${where}${prices.join("; ")}. ${even === null ? "No multiplier is enough." : `Nothing is lost from a multiplier of ${even} on.`}`,
    ];
  });
  return parts.length === 0 ? null : `Sold below list cost, USD for a million tokens: ${parts.join(" ")}`;
}

function recentWarning(use: Use | "unknown", multiplier: Amount, terms: Terms): string | null {
  if (use === "unknown") return "The use of the last 30 days could not be read, so nothing is said of what this price earns on it.";
  const { revenue_usd: revenue, provider_cost_usd: cost, margin_usd: margin, break_even_multiplier: even } = earned(use, multiplier, terms);
  if (!margin.startsWith("-")) return null;
  const enough = even === null ? "No multiplier would have been enough." : `It would have taken a multiplier of ${even}.`;
  return `The use of the last 30 days would have earned $${revenue} at this multiplier, and cost $${cost}. ${enough}`;
}

const USD_DECIMALS = 8;

function usd(exact: Amount): string {
  return format(roundHalfUp(exact, USD_DECIMALS));
}

function listed(cost: Cost) {
  return { fresh: format(cost.fresh), cached: format(cost.cached), cache_write: format(cost.cache_write), output: format(cost.output) };
}
