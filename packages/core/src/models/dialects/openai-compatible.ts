// The OpenAI chat dialect, as OpenAI, OpenRouter, DeepSeek, xAI and Mistral speak it. Owns the request; where they differ is data
// (providers.ts). Reading is openai-answer.ts.

import { cacheMarks } from "../caching.ts";
import type { Dialect } from "../dialect.ts";
import type { Route } from "../model.ts";
import { FLAVOURS, type Flavour } from "../providers.ts";
import type { Message, ModelRequest, Part, ResponseFormat, Sampling, ToolChoice } from "../request.ts";
import { declaredTools, toolCallId } from "../tool-calls.ts";
import { openAiReader, openAiRefusal } from "./openai-answer.ts";

export const openAiCompatible: Dialect = {
  request: (route, request) => ({ path: "/chat/completions", headers: {}, body: bodyOf(route, request) }),
  authorise: (key) => ({ authorization: `Bearer ${key}` }),
  reader: openAiReader,
  refusal: openAiRefusal,
};

function bodyOf(route: Route, request: ModelRequest) {
  const { messages, sampling, maxOutputTokens, stream } = request;
  const flavour = FLAVOURS[route.provider];
  return {
    model: route.model,
    messages: messagesOf(route, flavour, messages),
    [flavour.outputLimit]: maxOutputTokens,
    ...toolsOf(request),
    ...samplingOf(flavour, sampling),
    ...(stream ? { stream: true } : {}),
    ...(stream && flavour.asksForUsage ? { stream_options: { include_usage: true } } : {}),
  };
}

function messagesOf(route: Route, { answersTools }: Flavour, messages: readonly Message[]) {
  const marks = cacheMarks(route, messages);
  return messages.flatMap((message, index) => {
    const written = messageOf(route, message, marks.has(index));
    const isUnanswered = answersTools && message.role === "tool" && messages[index + 1]?.role === "user";
    return isUnanswered ? [written, { role: "assistant", content: "OK." }] : [written];
  });
}

const MARK = { cache_control: { type: "ephemeral" } };

function messageOf(route: Route, message: Message, marked: boolean) {
  if (message.role === "tool") {
    const { content, failed } = message;
    return { role: "tool", tool_call_id: toolCallId(message.toolCallId, route.provider), content: failed ? `Error: ${content}` : content };
  }
  const content = contentOf(message.content, marked);
  if (message.role !== "assistant" || !message.toolCalls?.length) return { role: message.role, content };
  const calls = message.toolCalls.map((call) => ({
    id: toolCallId(call.id, route.provider),
    type: "function",
    function: { name: call.name, arguments: call.arguments === "" ? "{}" : call.arguments },
  }));
  return { role: "assistant", content: message.content === "" ? null : content, tool_calls: calls };
}

function contentOf(content: string | readonly Part[], marked: boolean) {
  if (typeof content === "string") return marked && content !== "" ? [{ type: "text", text: content, ...MARK }] : content;
  return content.map((part, index) => {
    const mark = marked && index === content.length - 1 ? MARK : {};
    if (part.type === "text") return { type: "text", text: part.text, ...mark };
    const url = `data:${part.mediaType};base64,${part.data}`;
    if (part.type === "file") return { type: "file", file: { filename: part.name, file_data: url }, ...mark };
    return { type: "image_url", image_url: { url }, ...mark };
  });
}

function toolsOf({ tools, messages, toolChoice, parallelToolCalls }: ModelRequest) {
  const declared = declaredTools(tools, messages);
  if (declared.tools.length === 0) return {};
  const functions = declared.tools.map(({ name, description, parameters }) => ({
    type: "function",
    function: { name, description, parameters },
  }));
  if (!declared.mayCall) return { tools: functions, tool_choice: "none" };
  return {
    tools: functions,
    ...(toolChoice === undefined ? {} : { tool_choice: choiceOf(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

function choiceOf(choice: ToolChoice) {
  return typeof choice === "string" ? choice : { type: "function", function: choice };
}

function samplingOf(flavour: Flavour, { temperature, topP, stop, seed, responseFormat, reasoningEffort }: Sampling) {
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stop === undefined || !flavour.stop ? {} : { stop }),
    ...(seed === undefined || flavour.seed === null ? {} : { [flavour.seed]: seed }),
    ...(responseFormat === undefined ? {} : { response_format: formatOf(responseFormat) }),
    ...reasoningOf(flavour.reasoning, reasoningEffort),
  };
}

function formatOf(format: ResponseFormat) {
  if (format.type === "json_object") return { type: "json_object" };
  return { type: "json_schema", json_schema: { name: format.name, schema: format.schema, strict: true } };
}

/** DeepSeek thinks unless it is told not to, and then wants its own thoughts back with every later turn: so it is told. */
function reasoningOf(way: Flavour["reasoning"], effort: Sampling["reasoningEffort"]) {
  if (way === "thinking switch") {
    if (effort === undefined || effort === "none") return { thinking: { type: "disabled" } };
    return { thinking: { type: "enabled" }, reasoning_effort: effort };
  }
  if (effort === undefined) return {};
  if (way === "effort") return { reasoning_effort: effort };
  return { reasoning: effort === "none" ? { enabled: false } : { effort } };
}
