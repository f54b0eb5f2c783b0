// The providers: where each is reached, and how those that speak the OpenAI dialect differ from one another. Data only.

import type { Provider } from "./model.ts";
import type { UsageShape } from "./report.ts";

/** Without a trailing slash. */
export const BASE_URLS: Readonly<Record<Provider, string>> = {
  openrouter: "https://openrouter.ai/api/v1",
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com/v1",
  google: "https://generativelanguage.googleapis.com/v1beta",
  deepseek: "https://api.deepseek.com",
  xai: "https://api.x.ai/v1",
  mistral: "https://api.mistral.ai/v1",
};

export type Flavour = {
  readonly outputLimit: "max_tokens" | "max_completion_tokens";
  readonly seed: "seed" | "random_seed" | null;
  readonly stop: boolean;
  /** Whether usage in a stream has to be asked for. */
  readonly asksForUsage: boolean;
  readonly reasoning: "effort" | "effort object" | "thinking switch";
  /** An answer has to stand between a tool's result and the next user's message. */
  readonly answersTools: boolean;
  readonly usage: UsageShape;
};

const OPENAI_USAGE: UsageShape = { cache: "inside", reasoning: "inside", omitsZero: false };

const OPENAI: Flavour = {
  outputLimit: "max_completion_tokens",
  seed: "seed",
  stop: true,
  asksForUsage: true,
  reasoning: "effort",
  answersTools: false,
  usage: OPENAI_USAGE,
};

/** The flavours of the OpenAI dialect. A provider with a dialect of its own needs none, and has OpenAI's. */
export const FLAVOURS: Readonly<Record<Provider, Flavour>> = {
  openai: OPENAI,
  anthropic: OPENAI,
  google: OPENAI,
  openrouter: { ...OPENAI, outputLimit: "max_tokens", reasoning: "effort object" },
  deepseek: { ...OPENAI, outputLimit: "max_tokens", seed: null, reasoning: "thinking switch" },
  xai: { ...OPENAI, stop: false, usage: { cache: "beside when larger", reasoning: "beside", omitsZero: false } },
  mistral: { ...OPENAI, outputLimit: "max_tokens", seed: "random_seed", asksForUsage: false, answersTools: true },
};
