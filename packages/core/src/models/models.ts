// The models that can be run, by alias. An alias without an entry can neither be priced nor run (contract section 2).
// OpenRouter comes first; the maker's own API is the second route, used where its key is configured.

import type { Capabilities, Model, Prices, Provider, Route } from "./model.ts";

/** A provider counts differently than its own documents say, and grows without telling: twice its limit is still credible. */
const CREDIBLE_TIMES = 2;

const ALL_SAMPLING = ["temperature", "top_p", "stop", "seed"] as const;

const GEMINI_FLASH = prices("0.3", "0.03", "2.5");
const GEMINI_PRO = prices("1.25", "0.125", "10");
const GEMINI_PRO_LONG = [{ aboveInput: 200_000, prices: prices("2.5", "0.25", "15") }];
const GPT_4O = prices("2.5", "1.25", "10");
const CLAUDE_HAIKU = { ...prices("1", "0.1", "5"), cacheWrite: "1.25", cacheWriteHour: "2" };
const CLAUDE_SONNET = { ...prices("3", "0.3", "15"), cacheWrite: "3.75", cacheWriteHour: "6" };

const OPENAI_CAN: Capabilities = {
  tools: true,
  images: true,
  reasoning: false,
  sampling: ALL_SAMPLING,
  samplingWithReasoning: [],
  temperatureMax: 2,
  responseFormats: ["json_object", "json_schema"],
};
const GEMINI_CAN: Capabilities = { ...OPENAI_CAN, reasoning: true, samplingWithReasoning: ALL_SAMPLING };
/** Claude 4.5 refuses `top_p` beside `temperature`, and a temperature while it thinks; it has neither a seed nor a JSON mode. */
const CLAUDE_CAN: Capabilities = {
  ...GEMINI_CAN,
  sampling: ["temperature", "stop"],
  samplingWithReasoning: ["stop"],
  temperatureMax: 1,
  responseFormats: [],
};
/** Its own API has no seed, and JSON without a schema; while it thinks, temperature and top_p have no effect. */
const DEEPSEEK_CAN: Capabilities = {
  ...GEMINI_CAN,
  images: false,
  sampling: ["temperature", "top_p", "stop"],
  samplingWithReasoning: ["stop"],
  responseFormats: ["json_object"],
};

const GPT_4O_MINI: Model = {
  contextWindow: 128_000,
  outputLimit: 16_384,
  credible: credible(128_000, 16_384),
  capabilities: OPENAI_CAN,
  routes: routes("openai", "gpt-4o-mini", prices("0.15", "0.075", "0.6")),
};

/**
 * Windows and prices are those of the maker. Outputs are limited by the smaller of the two routes. What is credible comes from the longest
 * prompt and answer that any provider of the model takes and gives (Claude Sonnet a million tokens, where that is switched on).
 */
export const MODELS: Readonly<Record<string, Model>> = withoutPrototype({
  deepseek: {
    contextWindow: 131_072,
    outputLimit: 8_192,
    credible: credible(163_840, 65_536),
    capabilities: DEEPSEEK_CAN,
    routes: routes("deepseek", "deepseek-chat", prices("0.28", "0.028", "0.42"), { atOpenRouter: "deepseek/deepseek-v3.2" }),
  },
  "gemini-flash": {
    contextWindow: 1_048_576,
    outputLimit: 65_535,
    credible: credible(1_048_576, 65_536),
    capabilities: GEMINI_CAN,
    routes: routes("google", "gemini-2.5-flash", GEMINI_FLASH),
  },
  "gemini-pro": {
    contextWindow: 1_048_576,
    outputLimit: 65_535,
    credible: credible(1_048_576, 65_536),
    capabilities: GEMINI_CAN,
    routes: routes("google", "gemini-2.5-pro", GEMINI_PRO, { tiers: GEMINI_PRO_LONG, leastThinking: 128 }),
  },
  "gpt-4o-mini": GPT_4O_MINI,
  "gpt-4o": {
    contextWindow: 128_000,
    outputLimit: 16_384,
    credible: credible(128_000, 16_384),
    capabilities: OPENAI_CAN,
    routes: routes("openai", "gpt-4o", GPT_4O),
  },
  "claude-haiku": {
    contextWindow: 200_000,
    outputLimit: 64_000,
    credible: credible(200_000, 64_000),
    capabilities: CLAUDE_CAN,
    routes: routes("anthropic", "claude-haiku-4-5", CLAUDE_HAIKU, { atOpenRouter: "anthropic/claude-haiku-4.5", caching: "asked" }),
  },
  "claude-sonnet": {
    contextWindow: 200_000,
    outputLimit: 64_000,
    credible: credible(1_000_000, 64_000),
    capabilities: CLAUDE_CAN,
    routes: routes("anthropic", "claude-sonnet-4-5", CLAUDE_SONNET, { atOpenRouter: "anthropic/claude-sonnet-4.5", caching: "asked" }),
  },
  default: GPT_4O_MINI,
});

/** The alias whose model summarises what no longer fits, where nothing else is configured: cheap, and in no need of thinking. */
export const SUMMARY_ALIAS = "gpt-4o-mini";
/** The alias whose model chooses who answers, likewise. */
export const ROUTING_ALIAS = "gpt-4o-mini";

function credible(input: number, output: number): Model["credible"] {
  return { input: input * CREDIBLE_TIMES, output: output * CREDIBLE_TIMES };
}

function prices(fresh: string, cacheRead: string, output: string): Prices {
  return { fresh, cacheRead, cacheWrite: fresh, cacheWriteHour: fresh, output };
}

type Maker = Extract<Provider, "openai" | "anthropic" | "google" | "deepseek">;
type More = Partial<Pick<Route, "tiers" | "caching" | "leastThinking">> & { readonly atOpenRouter?: string };

/** OpenRouter, which asks the maker's price, and then the maker. */
function routes(maker: Maker, model: string, list: Prices, more: More = {}): [Route, Route] {
  const { atOpenRouter = `${maker}/${model}`, tiers = [], caching = "automatic", leastThinking = 0 } = more;
  const same = { prices: list, tiers, caching, leastThinking };
  const dialect = maker === "anthropic" || maker === "google" ? maker : "openai-compatible";
  return [
    { provider: "openrouter", dialect: "openai-compatible", model: atOpenRouter, ...same },
    { provider: maker, dialect, model, ...same },
  ];
}

/** An alias comes from outside: `MODELS["constructor"]` must be as unknown as any other name. */
function withoutPrototype(models: Record<string, Model>): Readonly<Record<string, Model>> {
  Object.setPrototypeOf(models, null);
  return Object.freeze(models);
}
