// What a model is: its limits, what it can do, and the routes that lead to it, in the order in which they are tried.
// Data only. The list itself is models.ts; what a user pays for an alias is not here.

import type { ResponseFormatName, SamplingParameter } from "@pantheon/contract/vocabulary.ts";
import { amount, sum, type Amount } from "@pantheon/contract/money.ts";

export type Provider = "openrouter" | "openai" | "anthropic" | "google" | "deepseek" | "xai" | "mistral";

export type DialectName = "openai-compatible" | "anthropic" | "google";

export type Model = {
  /** Tokens in and out together that one call can hold. */
  readonly contextWindow: number;
  /** The most tokens of one answer. */
  readonly outputLimit: number;
  /** The most tokens that a usage block is believed: twice what any provider of the model takes in, and gives out. */
  readonly credible: { readonly input: number; readonly output: number };
  readonly capabilities: Capabilities;
  /** In the order in which they are tried. */
  readonly routes: readonly [Route, ...Route[]];
};

/** What every route of the model can do: an answer must not depend on which one was free. */
export type Capabilities = {
  readonly tools: boolean;
  readonly images: boolean;
  /** `reasoning_effort` may be asked for. */
  readonly reasoning: boolean;
  readonly sampling: readonly SamplingParameter[];
  /** Those that mean something while the model thinks. */
  readonly samplingWithReasoning: readonly SamplingParameter[];
  readonly temperatureMax: number;
  readonly responseFormats: readonly ResponseFormatName[];
};

export type Route = {
  readonly provider: Provider;
  readonly dialect: DialectName;
  /** The provider's name for the model. */
  readonly model: string;
  readonly prices: Prices;
  /** What a call costs, all of it, whose input is larger; the smallest first. */
  readonly tiers: readonly { readonly aboveInput: number; readonly prices: Prices }[];
  /** Whether prompt caching happens by itself or has to be asked for, part by part. */
  readonly caching: "automatic" | "asked";
  /** The least thinking budget that this model takes, in tokens: 0 where thinking can be switched off. */
  readonly leastThinking: number;
};

/** List prices in USD for a million tokens, as decimal strings. Where writing a cache costs nothing more, it is the price of fresh input. */
export type Prices = {
  readonly fresh: string;
  readonly cacheRead: string;
  /** Kept for five minutes, and for an hour. */
  readonly cacheWrite: string;
  readonly cacheWriteHour: string;
  readonly output: string;
};

/** Whole tokens, zero or more. Each counts once: `fresh` holds no written or read ones. */
export type PricedTokens = {
  readonly fresh: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly output: number;
};

const USD_PER_TOKEN = amount("0.000001"); // at a price of 1 USD for a million

/** What the provider asks for these tokens at list price, in the tier of the whole input: USD, exact, not rounded. */
export function listCost(route: Route, tokens: PricedTokens): Amount {
  const input = tokens.fresh + tokens.cacheRead + tokens.cacheWrite + tokens.cacheWriteHour;
  const prices = route.tiers.findLast(({ aboveInput }) => input > aboveInput)?.prices ?? route.prices;
  const parts = CLASSES.map((name) => amount(prices[name]).times(amount(String(tokens[name]))));
  return sum(parts).times(USD_PER_TOKEN);
}

const CLASSES = ["fresh", "cacheRead", "cacheWrite", "cacheWriteHour", "output"] as const;
