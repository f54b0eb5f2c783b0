// The models as programs made for other APIs list them: OpenAI's members and OpenRouter's in one, with the prices that the payer pays.

import type * as v from "valibot";
import type { DoorModel } from "@pantheon/contract/door.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { ModelRead } from "@pantheon/contract/models.ts";
import { MODELS } from "../models/models.ts";
import { aliasOf } from "./call-terms.ts";
import { offeredModels, type OfferedDeps } from "./offered.ts";

type Listed = v.InferInput<typeof DoorModel>;

/** Every model that can be asked, by name, at the prices of now. */
export async function listedModels(deps: OfferedDeps): Promise<Listed[]> {
  const { models } = await offeredModels(deps);
  return models.map(listed);
}

/** One of them, by its alias or a provider's name; 404 `unknown_model_alias`. */
export async function listedModel(deps: OfferedDeps, name: string): Promise<Listed> {
  const alias = aliasOf(deps.models ?? MODELS, name);
  const found = (await listedModels(deps)).find(({ id }) => id === alias);
  if (found === undefined) throw new DomainError("unknown_model_alias", "The model does not exist.");
  return found;
}

/** In seconds since 1970: when the first prices were set. No provider says it of all, and programs want a number. */
const CREATED = 1_771_545_600;
const TOKENS_A_PRICE = amount("1000000");

function listed({ model_alias: id, context_window, output_limit, capabilities: can, prices }: v.InferInput<typeof ModelRead>): Listed {
  return {
    id,
    object: "model",
    created: CREATED,
    owned_by: "pantheon",
    name: id,
    context_length: context_window,
    architecture: { input_modalities: can.images ? ["text", "image", "file"] : ["text"], output_modalities: ["text"] },
    pricing: {
      prompt: aToken(prices.input_tokens_fresh.usd),
      completion: aToken(prices.output_tokens.usd),
      input_cache_read: aToken(prices.input_tokens_cached.usd),
    },
    top_provider: { context_length: context_window, max_completion_tokens: output_limit },
    supported_parameters: [
      "max_tokens",
      "max_completion_tokens",
      ...can.sampling,
      ...(can.tools ? ["tools", "tool_choice", "parallel_tool_calls"] : []),
      ...(can.reasoning_effort ? ["reasoning", "reasoning_effort"] : []),
      ...(can.response_formats.length > 0 ? ["response_format"] : []),
      ...(can.response_formats.includes("json_schema") ? ["structured_outputs"] : []),
    ],
  };
}

/** USD a token from USD a million. */
function aToken(usd: string): string {
  return format(amount(usd).div(TOKENS_A_PRICE));
}
