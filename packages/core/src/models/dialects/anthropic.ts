// The dialect of Anthropic's Messages API. Owns the request; reading is anthropic-answer.ts.

import { cacheMarks } from "../caching.ts";
import type { Dialect } from "../dialect.ts";
import { object, parseJson } from "../json.ts";
import type { Route } from "../model.ts";
import type { Message, ModelRequest, Part, Sampling, ToolChoice } from "../request.ts";
import { thinkingBudget } from "../thinking.ts";
import { declaredTools, toolCallId } from "../tool-calls.ts";
import { anthropicReader, anthropicRefusal } from "./anthropic-answer.ts";

export const anthropic: Dialect = {
  request: (route, request) => ({ path: "/messages", headers: { "anthropic-version": "2023-06-01" }, body: bodyOf(route, request) }),
  authorise: (key) => ({ "x-api-key": key }),
  reader: anthropicReader,
  refusal: anthropicRefusal,
};

type Block = Readonly<Record<string, unknown>>;

const MARK = { cache_control: { type: "ephemeral" } };

function bodyOf(route: Route, request: ModelRequest) {
  const { messages, sampling, maxOutputTokens, stream } = request;
  const marks = cacheMarks(route, messages);
  const system = messages.flatMap((message, index): Block[] =>
    message.role === "system" && message.content !== "" ? [{ type: "text", text: message.content, ...(marks.has(index) ? MARK : {}) }] : [],
  );
  return {
    model: route.model,
    max_tokens: maxOutputTokens,
    ...(system.length === 0 ? {} : { system }),
    messages: turnsOf(messages, marks),
    ...toolsOf(request),
    ...samplingOf(sampling, maxOutputTokens, messages, request.toolChoice),
    ...(stream ? { stream: true } : {}),
  };
}

type Turn = { readonly role: "user" | "assistant"; readonly content: Block[] };

/** Roles take turns here: what follows in the same role, and a tool's result is the user's, becomes one turn. An empty block is refused. */
function turnsOf(messages: readonly Message[], marks: ReadonlySet<number>): Turn[] {
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    const blocks = blocksOf(message);
    const last = blocks.at(-1);
    if (last === undefined) continue;
    if (marks.has(index)) blocks[blocks.length - 1] = { ...last, ...MARK };
    const before = turns.at(-1);
    if (before?.role === role) before.content.push(...blocks);
    else turns.push({ role, content: blocks });
  }
  return turns;
}

function blocksOf(message: Exclude<Message, { role: "system" }>): Block[] {
  if (message.role === "tool") {
    const { toolCallId: id, content, failed } = message;
    return [{ type: "tool_result", tool_use_id: toolCallId(id, "anthropic"), content, ...(failed ? { is_error: true } : {}) }];
  }
  const parts: readonly Part[] = typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
  const blocks = parts.flatMap((part): Block[] => {
    if (part.type === "text") return part.text === "" ? [] : [{ type: "text", text: part.text }];
    const type = part.type === "file" ? "document" : "image";
    return [{ type, source: { type: "base64", media_type: part.mediaType, data: part.data } }];
  });
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  for (const call of calls) {
    blocks.push({
      type: "tool_use",
      id: toolCallId(call.id, "anthropic"),
      name: call.name,
      input: object(parseJson(call.arguments)) ?? {},
    });
  }
  return blocks;
}

function toolsOf({ tools, messages, toolChoice, parallelToolCalls }: ModelRequest) {
  const declared = declaredTools(tools, messages);
  if (declared.tools.length === 0) return {};
  const written = declared.tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters }));
  if (!declared.mayCall) return { tools: written, tool_choice: { type: "none" } };
  return { tools: written, ...choiceOf(toolChoice, parallelToolCalls) };
}

/** One call at a time is said as a part of the choice. */
function choiceOf(choice: ToolChoice | undefined, parallel: boolean | undefined) {
  if (choice === "none") return { tool_choice: { type: "none" } };
  const one = parallel === false ? { disable_parallel_tool_use: true } : {};
  if (choice === undefined) return parallel === false ? { tool_choice: { type: "auto", ...one } } : {};
  if (typeof choice !== "string") return { tool_choice: { type: "tool", name: choice.name, ...one } };
  return { tool_choice: { type: choice === "required" ? "any" : "auto", ...one } };
}

const LEAST_THINKING = 1_024;

/**
 * Thinking leaves no room for a temperature, and after a tool's result it would want its own earlier thoughts, which are not kept. A model
 * that has to call a tool may not think.
 */
function samplingOf(
  { temperature, stop, reasoningEffort = "none" }: Sampling,
  maxOutputTokens: number,
  messages: readonly Message[],
  choice: ToolChoice = "auto",
) {
  const stops = stop === undefined ? {} : { stop_sequences: stop };
  const budget = reasoningEffort === "none" ? 0 : Math.max(LEAST_THINKING, thinkingBudget(reasoningEffort, maxOutputTokens));
  const isFree = messages.at(-1)?.role !== "tool" && (choice === "auto" || choice === "none");
  const thinks = budget > 0 && budget < maxOutputTokens && isFree;
  if (thinks) return { ...stops, thinking: { type: "enabled", budget_tokens: budget } };
  return { ...stops, ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }) };
}
