// Responses as programs made for OpenAI's newer API send and read them. Requests are not strict, as in completions.ts. Nothing is kept here, so
// whatever refers to something kept is refused, and so is what would run elsewhere or change the price.

import * as v from "valibot";
import { knownByMember, textOrList } from "./forms.ts";
import { named } from "./wire.ts";

const MOST_ITEMS = 4_096;
const MOST_TOOLS = 512;

const Name = v.pipe(v.string(), v.regex(/^[\w.-]{1,128}$/, "must be 1 to 128 of A–Z a–z 0–9 _ . -"));
const CallId = v.pipe(v.string(), v.maxLength(256));
const Bool = v.nullish(v.boolean());
const Schema = v.record(v.string(), v.unknown());
const kept = v.nullish(v.never("is not taken: no response is kept; send the whole conversation as input"));
const NotHere = v.nullish(v.literal(false, "must be false: no response is kept"));

const Text = v.object({ type: v.picklist(["input_text", "output_text"]), text: v.string() });
const Refusal = v.object({ type: v.literal("refusal"), refusal: v.string() });
const Image = v.object({
  type: v.literal("input_image"),
  image_url: v.pipe(
    v.string("must be a data: URL: nothing is kept or fetched"),
    v.description("A `data:` URL; pictures elsewhere are not fetched."),
  ),
});
const File = v.object({
  type: v.literal("input_file"),
  file_data: v.pipe(v.string("must be a data: URL: nothing is kept or fetched"), v.description("A `data:` URL.")),
  filename: v.nullish(v.string()),
});
export const ResponsePart = v.variant("type", [Text, Refusal, Image, File]);
const Said = textOrList(v.array(ResponsePart), "must be text, or a list of parts");

const CalledItem = v.object({ type: v.literal("function_call"), call_id: CallId, name: Name, arguments: v.string() });
const ToldItem = v.object({ type: v.literal("function_call_output"), call_id: CallId, output: Said });
/** Thoughts of before are not kept, and say nothing to another model. */
const ThoughtItem = v.object({ type: v.literal("reasoning") });
const MessageItem = v.object({
  type: v.optional(v.literal("message")),
  role: v.picklist(["user", "assistant", "system", "developer"]),
  content: Said,
});
export const ResponseItem = knownByMember(
  "role",
  MessageItem,
  v.variant("type", [CalledItem, ToldItem, ThoughtItem]),
  "must be a message, a call of a function, its output, or reasoning",
);

const FunctionTool = v.object({
  type: v.literal("function", "must be function: tools of the provider's own are not priced"),
  name: Name,
  description: v.nullish(v.string()),
  parameters: v.nullish(Schema),
  strict: Bool,
});
const Choice = v.union(
  [v.picklist(["none", "auto", "required"]), v.object({ type: v.literal("function"), name: Name })],
  "must be none, auto, required, or one function",
);
const Format = v.variant("type", [
  v.object({ type: v.literal("text") }),
  v.object({ type: v.literal("json_object") }),
  v.object({ type: v.literal("json_schema"), name: Name, schema: Schema, strict: Bool }),
]);

export const ResponseCreate = named(
  "ResponseCreate",
  "What is asked of a model, as OpenAI's Responses API has it. What is not listed is left out, and `null` is as if it were not there.",
  v.object({
    model: v.pipe(v.string(), v.minLength(1), v.description("An alias, or a provider's own name of such a model.")),
    input: textOrList(
      v.pipe(v.array(ResponseItem), v.minLength(1, "must have an item"), v.maxLength(MOST_ITEMS)),
      "must be text, or a list of items",
    ),
    instructions: v.nullish(v.string()),
    max_output_tokens: v.pipe(
      v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
      v.description("It is lowered to what the credits pay for."),
    ),
    stream: Bool,
    tools: v.nullish(v.pipe(v.array(FunctionTool), v.maxLength(MOST_TOOLS))),
    tool_choice: v.nullish(Choice),
    parallel_tool_calls: Bool,
    text: v.nullish(v.object({ format: v.nullish(Format) })),
    temperature: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
    top_p: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    reasoning: v.nullish(v.object({ effort: v.nullish(v.string()) })),
    metadata: v.nullish(v.record(v.string(), v.string())),
    store: NotHere,
    background: NotHere,
    previous_response_id: kept,
    conversation: kept,
    prompt: kept,
    service_tier: v.nullish(v.picklist(["auto", "default"], "must be auto or default: others change the price")),
  }),
);

const OutputText = v.object({
  type: v.literal("output_text"),
  text: v.string(),
  annotations: v.array(v.never()),
  logprobs: v.array(v.never()),
});
const Status = v.picklist(["in_progress", "completed", "incomplete"]);
export const ResponseOutput = v.variant("type", [
  v.object({
    type: v.literal("message"),
    id: v.string(),
    status: Status,
    role: v.literal("assistant"),
    content: v.array(OutputText),
  }),
  v.object({
    type: v.literal("function_call"),
    id: v.string(),
    status: Status,
    call_id: v.string(),
    name: v.string(),
    arguments: v.string(),
  }),
]);

const Usage = v.object({
  input_tokens: v.number(),
  input_tokens_details: v.object({ cached_tokens: v.number() }),
  output_tokens: v.number(),
  output_tokens_details: v.object({ reasoning_tokens: v.number() }),
  total_tokens: v.number(),
  cost: v.number(),
  pantheon: v.object({ credits: v.string(), receipt: v.string() }),
});

export const ResponseRead = named(
  "ResponseRead",
  "An answer, as OpenAI's Responses API has it: in one piece it is written when it is settled, and paid.",
  v.object({
    id: v.string(),
    object: v.literal("response"),
    created_at: v.number(),
    status: v.picklist(["in_progress", "completed", "incomplete", "failed"]),
    error: v.nullable(v.object({ code: v.string(), message: v.string() })),
    incomplete_details: v.nullable(v.object({ reason: v.picklist(["max_output_tokens", "content_filter"]) })),
    model: v.string(),
    output: v.array(ResponseOutput),
    usage: v.nullable(Usage),
    instructions: v.nullable(v.string()),
    max_output_tokens: v.nullable(v.number()),
    metadata: v.record(v.string(), v.string()),
    parallel_tool_calls: v.boolean(),
    previous_response_id: v.null_(),
    reasoning: v.object({ effort: v.nullable(v.string()), summary: v.null_() }),
    store: v.literal(false),
    temperature: v.nullable(v.number()),
    text: v.object({ format: Format }),
    tool_choice: Choice,
    tools: v.array(FunctionTool),
    top_p: v.nullable(v.number()),
    truncation: v.literal("disabled"),
  }),
);

export const ResponseEvent = named(
  "ResponseEvent",
  "A piece of a streamed answer; its `type` is also the name of the event.",
  v.looseObject({ type: v.string(), sequence_number: v.number() }),
);
