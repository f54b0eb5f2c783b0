// What the door tells beside answers: models, a key, credits and one call, in the shapes of OpenAI's API and OpenRouter's at once. Amounts are
// numbers in USD there, as such programs read them; the product's own API has them exactly.

import * as v from "valibot";
import { named } from "./wire.ts";

export const DoorModel = named(
  "DoorModel",
  "A model that can be asked. Prices are what the payer pays, in USD a token.",
  v.object({
    id: v.string(),
    object: v.literal("model"),
    created: v.number(),
    owned_by: v.string(),
    name: v.string(),
    context_length: v.number(),
    architecture: v.object({ input_modalities: v.array(v.string()), output_modalities: v.array(v.string()) }),
    pricing: v.object({ prompt: v.string(), completion: v.string(), input_cache_read: v.string() }),
    top_provider: v.object({ context_length: v.number(), max_completion_tokens: v.number() }),
    supported_parameters: v.array(v.string()),
  }),
);

export const DoorModelList = named(
  "DoorModelList",
  "Every model that can be asked, by name.",
  v.object({ object: v.literal("list"), data: v.array(DoorModel) }),
);

export const DoorKey = named(
  "DoorKey",
  "What the caller came with, and what was used with it, in USD. A limit that there is not is null.",
  v.object({
    data: v.object({
      label: v.string(),
      limit: v.nullable(v.number()),
      limit_remaining: v.nullable(v.number()),
      limit_reset: v.nullable(v.string()),
      usage: v.number(),
      usage_daily: v.number(),
      usage_weekly: v.number(),
      usage_monthly: v.number(),
      is_free_tier: v.boolean(),
      expires_at: v.nullable(v.string()),
    }),
  }),
);

export const DoorCredits = named(
  "DoorCredits",
  "What the wallet ever had, and what of it was used, in USD: what is left is the difference.",
  v.object({ data: v.object({ total_credits: v.number(), total_usage: v.number() }) }),
);

export const GenerationQuery = v.strictObject({ id: v.pipe(v.string(), v.description("The `id` of an answer.")) });

export const DoorGeneration = named(
  "DoorGeneration",
  "What one call used and cost, in USD.",
  v.object({
    data: v.object({
      id: v.string(),
      model: v.string(),
      created_at: v.string(),
      total_cost: v.number(),
      usage: v.number(),
      tokens_prompt: v.number(),
      tokens_completion: v.number(),
      native_tokens_cached: v.number(),
      native_tokens_reasoning: v.number(),
      latency: v.number(),
      cancelled: v.boolean(),
      finish_reason: v.nullable(v.string()),
    }),
  }),
);
