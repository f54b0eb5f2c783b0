// The models that can be run, as their users see them: what each can do, and what it costs.

import * as v from "valibot";
import { RESPONSE_FORMATS, SAMPLING_PARAMETERS } from "./vocabulary.ts";
import { Count, Decimal, named } from "./wire.ts";

export const ModelCapabilities = named(
  "ModelCapabilities",
  "What an alias can do. What it cannot is refused (422 `unsupported_by_model`).",
  v.object({
    tools: v.boolean(),
    images: v.boolean(),
    reasoning_effort: v.boolean(),
    sampling: v.array(v.picklist(SAMPLING_PARAMETERS)),
    sampling_with_reasoning: v.pipe(
      v.array(v.picklist(SAMPLING_PARAMETERS)),
      v.description("Those that are allowed beside a `reasoning_effort` other than `none`."),
    ),
    temperature_max: v.number(),
    response_formats: v.array(v.picklist(RESPONSE_FORMATS)),
  }),
);

const ModelPrice = named("ModelPrice", "The same price in credits and in dollars.", v.object({ credits: Decimal, usd: Decimal }));

export const ModelRead = named(
  "ModelRead",
  "An alias that can be run. Prices are for a million tokens of each class.",
  v.object({
    model_alias: v.string(),
    context_window: v.pipe(Count, v.description("Tokens in and out together.")),
    output_limit: v.pipe(Count, v.description("The most that `max_output_tokens` may be.")),
    capabilities: ModelCapabilities,
    multiplier: Decimal,
    prices: v.object({ input_tokens_fresh: ModelPrice, input_tokens_cached: ModelPrice, output_tokens: ModelPrice }),
    example_turn: v.object({ input_tokens_fresh: Count, output_tokens: Count, credits: Decimal, usd: Decimal }),
  }),
);

export const ModelList = named(
  "ModelList",
  "Every alias that can be run, by name, at the prices of now.",
  v.object({ pricing_version: v.string(), usd_per_credit: Decimal, models: v.array(ModelRead) }),
);
