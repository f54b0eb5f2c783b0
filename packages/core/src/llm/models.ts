// The models that can be run: for each alias its provider, window and the provider's list price. What a user pays for an alias is not here.
// An alias without an entry can neither be priced nor run (contract section 2).

import { amount, sum } from "@pantheon/contract/money.ts";
import type { Amount } from "@pantheon/contract/money.ts";

export type ModelEntry = {
  readonly provider: "openrouter";
  /** The provider's name for the model. */
  readonly providerModel: string;
  /** Tokens in and out together that a session's history is cut to. A provider may take more than this. */
  readonly contextWindow: number;
  /** The most tokens that a usage block is believed: twice what any provider of the model takes in, and gives out. */
  readonly credibleInput: number;
  readonly credibleOutput: number;
  /** List prices in USD for a million tokens, as decimal strings. */
  readonly usdPerMillion: { readonly fresh: string; readonly cached: string; readonly output: string };
};

/** A provider counts differently than its own documents say, and grows without telling: twice its limit is still credible. */
const CREDIBLE_TIMES = 2;

const GPT_4O_MINI: ModelEntry = entry("openai/gpt-4o-mini", 128_000, [128_000, 16_384], "0.15", "0.075", "0.6");

/**
 * The models by alias. Windows and prices are those of the first provider behind OpenRouter; where a long prompt costs more
 * (Gemini Pro and Claude Sonnet above 200 000 tokens), the window ends or the price stands at the ordinary tier, since the
 * provider's own figure is taken before this one. Beside the window, in brackets: the longest prompt and answer that any provider of
 * the model takes and gives (Claude Sonnet a million tokens, where that is switched on).
 */
export const MODELS: Readonly<Record<string, ModelEntry>> = withoutPrototype({
  deepseek: entry("deepseek/deepseek-v3.2", 131_072, [163_840, 65_536], "0.28", "0.028", "0.42"),
  "gemini-flash": entry("google/gemini-2.5-flash", 1_048_576, [1_048_576, 65_536], "0.3", "0.03", "2.5"),
  "gemini-pro": entry("google/gemini-2.5-pro", 1_048_576, [1_048_576, 65_536], "1.25", "0.125", "10"),
  "gpt-4o-mini": GPT_4O_MINI,
  "gpt-4o": entry("openai/gpt-4o", 128_000, [128_000, 16_384], "2.5", "1.25", "10"),
  "claude-haiku": entry("anthropic/claude-haiku-4.5", 200_000, [200_000, 64_000], "1", "0.1", "5"),
  "claude-sonnet": entry("anthropic/claude-sonnet-4.5", 200_000, [1_000_000, 64_000], "3", "0.3", "15"),
  default: GPT_4O_MINI,
});

const USD_PER_TOKEN = amount("0.000001"); // at a price of 1 USD for a million

/** What the provider asks for these tokens at list price: USD, exact, not rounded. Counts are whole tokens, zero or more. */
export function costOf(model: ModelEntry, usage: { readonly fresh: number; readonly cached: number; readonly output: number }): Amount {
  const { fresh, cached, output } = model.usdPerMillion;
  return sum([times(fresh, usage.fresh), times(cached, usage.cached), times(output, usage.output)]).times(USD_PER_TOKEN);
}

function times(price: string, tokens: number): Amount {
  return amount(price).times(amount(String(tokens)));
}

type Limits = readonly [input: number, output: number];

function entry(
  providerModel: string,
  contextWindow: number,
  [input, output]: Limits,
  ...[fresh, cached, answered]: readonly [fresh: string, cached: string, output: string]
): ModelEntry {
  return {
    provider: "openrouter",
    providerModel,
    contextWindow,
    credibleInput: input * CREDIBLE_TIMES,
    credibleOutput: output * CREDIBLE_TIMES,
    usdPerMillion: { fresh, cached, output: answered },
  };
}

/** An alias comes from outside: `MODELS["constructor"]` must be as unknown as any other name. */
function withoutPrototype(models: Record<string, ModelEntry>): Readonly<Record<string, ModelEntry>> {
  Object.setPrototypeOf(models, null);
  return Object.freeze(models);
}
