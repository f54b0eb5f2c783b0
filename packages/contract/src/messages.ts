// Messages as programs made for Anthropic's API send and read them. Requests are not strict, as in completions.ts.

import * as v from "valibot";
import { textOrList } from "./forms.ts";
import { named } from "./wire.ts";

const MOST_MESSAGES = 4_096;
const MOST_TOOLS = 512;
const Name = v.pipe(v.string(), v.regex(/^[\w.-]{1,128}$/, "must be 1 to 128 of A–Z a–z 0–9 _ . -"));

const TextBlock = v.object({ type: v.literal("text"), text: v.string() });
const Source = v.object({
  type: v.literal("base64", "must be base64: addresses are not fetched"),
  media_type: v.string(),
  data: v.string(),
});
const ImageBlock = v.object({ type: v.literal("image"), source: Source });
const DocumentBlock = v.object({
  type: v.literal("document"),
  source: v.variant("type", [Source, v.object({ type: v.literal("text"), data: v.string() })]),
  title: v.nullish(v.string()),
});
const ToolUseBlock = v.object({
  type: v.literal("tool_use"),
  id: v.pipe(v.string(), v.maxLength(256)),
  name: Name,
  input: v.record(v.string(), v.unknown()),
});
const Result = v.variant("type", [TextBlock, ImageBlock]);
const ToolResultBlock = v.object({
  type: v.literal("tool_result"),
  tool_use_id: v.string(),
  content: v.nullish(textOrList(v.array(Result), "must be text, or a list of blocks")),
  is_error: v.nullish(v.boolean()),
});
/** Thoughts of before are not kept, and say nothing to another model. */
const ThoughtBlock = v.object({ type: v.picklist(["thinking", "redacted_thinking"]) });
export const MessageBlock = v.variant("type", [TextBlock, ImageBlock, DocumentBlock, ToolUseBlock, ToolResultBlock, ThoughtBlock]);

const Tool = v.object({
  type: v.nullish(v.literal("custom", "must be custom: tools of the provider's own are not priced")),
  name: Name,
  description: v.nullish(v.string()),
  input_schema: v.record(v.string(), v.unknown()),
});

const Choice = v.variant("type", [
  v.object({ type: v.picklist(["auto", "any", "none"]), disable_parallel_tool_use: v.nullish(v.boolean()) }),
  v.object({ type: v.literal("tool"), name: Name, disable_parallel_tool_use: v.nullish(v.boolean()) }),
]);

const ASKED = {
  model: v.pipe(v.string(), v.minLength(1), v.description("An alias, or a provider's own name of such a model.")),
  system: v.nullish(textOrList(v.array(TextBlock), "must be text, or a list of text blocks")),
  messages: v.pipe(
    v.array(
      v.object({
        role: v.picklist(["user", "assistant"]),
        content: textOrList(v.array(MessageBlock), "must be text, or a list of blocks"),
      }),
    ),
    v.minLength(1, "must have a message"),
    v.maxLength(MOST_MESSAGES),
  ),
  stream: v.nullish(v.boolean()),
  tools: v.nullish(v.pipe(v.array(Tool), v.maxLength(MOST_TOOLS))),
  tool_choice: v.nullish(Choice),
  temperature: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  top_p: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  stop_sequences: v.nullish(v.pipe(v.array(v.string()), v.maxLength(16))),
  thinking: v.nullish(v.object({ type: v.string(), budget_tokens: v.nullish(v.number()) })),
};

export const MessageCreate = named(
  "MessageCreate",
  "What is asked of a model, as Anthropic's API has it. What is not listed is left out.",
  v.object({
    max_tokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.description("It is lowered to what the credits pay for.")),
    ...ASKED,
  }),
);

export const MessageCount = named(
  "MessageCount",
  "A message that is to be measured: as it would be asked, with or without `max_tokens`.",
  v.object(ASKED),
);

export const TokenCount = named(
  "TokenCount",
  "How large a prompt is taken to be before its provider says: an estimate of ours, by its octets.",
  v.object({ input_tokens: v.number() }),
);

const Usage = v.object({
  input_tokens: v.number(),
  cache_creation_input_tokens: v.number(),
  cache_read_input_tokens: v.number(),
  output_tokens: v.number(),
  cost: v.number(),
  pantheon: v.object({ credits: v.string(), receipt: v.string() }),
});

export const MessageRead = named(
  "MessageRead",
  "An answer in one piece, as Anthropic's API has it.",
  v.object({
    id: v.string(),
    type: v.literal("message"),
    role: v.literal("assistant"),
    model: v.string(),
    content: v.array(v.variant("type", [TextBlock, ToolUseBlock])),
    stop_reason: v.picklist(["end_turn", "max_tokens", "tool_use", "refusal"]),
    stop_sequence: v.null_(),
    usage: Usage,
  }),
);

export const MessageEvent = named(
  "MessageEvent",
  "A piece of a streamed answer; its `type` is also the name of the event.",
  v.looseObject({ type: v.string() }),
);
