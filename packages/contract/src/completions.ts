// Chat completions as programs made for OpenAI's API send and read them: what is taken of a request, and what a response is. Requests are not
// strict here, against the rule of the product's own API: every such program sends fields that only some models know.

import * as v from "valibot";
import { textOrList } from "./forms.ts";
import { named } from "./wire.ts";

const MOST_MESSAGES = 4_096;
const MOST_TOOLS = 512;

const unpriced = v.nullish(v.never("is not taken: it would change the price"));
const Name = v.pipe(v.string(), v.regex(/^[\w.-]{1,128}$/, "must be 1 to 128 of A–Z a–z 0–9 _ . -"));
const Bool = v.nullish(v.boolean());

const TextPart = v.object({ type: v.literal("text"), text: v.string() });
const ImagePart = v.object({
  type: v.literal("image_url"),
  image_url: v.pipe(v.object({ url: v.string() }), v.description("A `data:` URL; pictures elsewhere are not fetched.")),
});
const FilePart = v.object({
  type: v.literal("file"),
  file: v.object({ file_data: v.string(), filename: v.nullish(v.string()) }),
});
const UserPart = v.variant("type", [TextPart, ImagePart, FilePart]);
/** What a model said before: its refusal reads like any text. */
const SaidPart = v.variant("type", [TextPart, v.object({ type: v.literal("refusal"), refusal: v.string() })]);
const Texts = textOrList(v.array(TextPart), "must be text, or a list of text parts");

const CalledFunction = v.object({ name: Name, arguments: v.string() });
const CalledTool = v.object({ id: v.pipe(v.string(), v.maxLength(256)), type: v.nullish(v.literal("function")), function: CalledFunction });

const Instruction = v.object({ role: v.picklist(["system", "developer"]), content: Texts });
const UserMessage = v.object({
  role: v.literal("user"),
  content: textOrList(v.array(UserPart), "must be text, or a list of parts"),
});
const AssistantMessage = v.object({
  role: v.literal("assistant"),
  content: v.nullish(textOrList(v.array(SaidPart), "must be text, or a list of text parts")),
  tool_calls: v.nullish(v.array(CalledTool)),
});
const ToolMessage = v.object({ role: v.literal("tool"), tool_call_id: v.string(), content: Texts });
export const ChatMessage = v.variant("role", [Instruction, UserMessage, AssistantMessage, ToolMessage]);

const FunctionTool = v.object({
  type: v.literal("function"),
  function: v.object({ name: Name, description: v.nullish(v.string()), parameters: v.nullish(v.record(v.string(), v.unknown())) }),
});
const Choice = v.union(
  [v.picklist(["none", "auto", "required"]), v.object({ type: v.literal("function"), function: v.object({ name: Name }) })],
  "must be none, auto, required, or one function",
);

const Format = v.variant("type", [
  v.object({ type: v.literal("text") }),
  v.object({ type: v.literal("json_object") }),
  v.object({
    type: v.literal("json_schema"),
    json_schema: v.object({ name: Name, schema: v.nullish(v.record(v.string(), v.unknown())) }),
  }),
]);
const Limit = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1)));

export const ChatCompletionCreate = named(
  "ChatCompletionCreate",
  "What is asked of a model, as OpenAI's API has it. What is not listed is left out, and `null` is as if it were not there.",
  v.object({
    model: v.pipe(v.string(), v.minLength(1), v.description("An alias, or a provider's own name of such a model.")),
    messages: v.pipe(v.array(ChatMessage), v.minLength(1, "must have a message"), v.maxLength(MOST_MESSAGES)),
    max_tokens: Limit,
    max_completion_tokens: v.pipe(Limit, v.description("Counts before `max_tokens`. It is lowered to what the credits pay for.")),
    stream: Bool,
    stream_options: v.nullish(v.object({ include_usage: Bool })),
    tools: v.nullish(v.pipe(v.array(FunctionTool), v.maxLength(MOST_TOOLS))),
    tool_choice: v.nullish(Choice),
    parallel_tool_calls: Bool,
    response_format: v.nullish(Format),
    stop: v.nullish(v.union([v.string(), v.pipe(v.array(v.string()), v.maxLength(16))])),
    temperature: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
    top_p: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    seed: v.nullish(v.pipe(v.number(), v.integer())),
    reasoning_effort: v.nullish(v.string()),
    reasoning: v.nullish(v.object({ effort: v.nullish(v.string()), enabled: Bool })),
    n: v.nullish(v.literal(1, "must be 1: every answer is paid")),
    service_tier: v.nullish(v.picklist(["auto", "default"], "must be auto or default: others change the price")),
    modalities: v.nullish(v.array(v.literal("text", "must be text"))),
    audio: unpriced,
    web_search_options: unpriced,
    functions: v.nullish(v.never("is not taken: use tools")),
    function_call: v.nullish(v.never("is not taken: use tool_choice")),
  }),
);

const Used = named(
  "CompletionUsage",
  "The tokens of a call, and what it cost: `cost` in USD as a number, and the exact credits beside it.",
  v.object({
    prompt_tokens: v.number(),
    completion_tokens: v.number(),
    total_tokens: v.number(),
    prompt_tokens_details: v.object({ cached_tokens: v.number() }),
    completion_tokens_details: v.object({ reasoning_tokens: v.number() }),
    cost: v.number(),
    pantheon: v.object({
      credits: v.pipe(v.string(), v.description("What the wallet paid, exactly.")),
      receipt: v.pipe(v.string(), v.description("The id under which `GET /api/v1/users/me/turns/{id}` tells how it was reckoned.")),
    }),
  }),
);

const ToolCallOut = v.object({
  id: v.string(),
  type: v.literal("function"),
  function: v.object({ name: v.string(), arguments: v.string() }),
});
const Finish = v.picklist(["stop", "length", "tool_calls", "content_filter"]);

export const ChatCompletion = named(
  "ChatCompletion",
  "An answer in one piece: written when it is settled, and paid.",
  v.object({
    id: v.string(),
    object: v.literal("chat.completion"),
    created: v.number(),
    model: v.string(),
    choices: v.array(
      v.object({
        index: v.number(),
        message: v.object({
          role: v.literal("assistant"),
          content: v.nullable(v.string()),
          refusal: v.null_(),
          tool_calls: v.optional(v.array(ToolCallOut)),
        }),
        logprobs: v.null_(),
        finish_reason: Finish,
      }),
    ),
    usage: Used,
  }),
);

export const ChatCompletionChunk = named(
  "ChatCompletionChunk",
  "A piece of a streamed answer. The usage comes in a chunk without choices, to those who ask for it.",
  v.object({
    id: v.string(),
    object: v.literal("chat.completion.chunk"),
    created: v.number(),
    model: v.string(),
    choices: v.array(
      v.object({
        index: v.number(),
        delta: v.object({
          role: v.optional(v.literal("assistant")),
          content: v.optional(v.string()),
          tool_calls: v.optional(v.array(v.object({ index: v.number(), ...ToolCallOut.entries }))),
        }),
        logprobs: v.null_(),
        finish_reason: v.nullable(Finish),
      }),
    ),
    usage: v.optional(v.nullable(Used)),
  }),
);

export const CompletionError = named(
  "CompletionError",
  "A refusal as programs made for OpenAI's API read it. A 402 has its figures in `metadata`.",
  v.object({
    error: v.object({
      message: v.string(),
      type: v.string(),
      code: v.string(),
      param: v.nullable(v.string()),
      metadata: v.optional(v.record(v.string(), v.unknown())),
    }),
  }),
);
