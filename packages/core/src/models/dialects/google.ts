// The dialect of Google's Gemini API. Owns the request; reading is google-answer.ts.

import type { Dialect } from "../dialect.ts";
import { object, parseJson } from "../json.ts";
import type { Route } from "../model.ts";
import type { Message, ModelRequest, Part as MessagePart, Sampling, ToolCall, ToolChoice } from "../request.ts";
import { thinkingBudget } from "../thinking.ts";
import { toolCallId } from "../tool-calls.ts";
import { googleReader, googleRefusal } from "./google-answer.ts";

export const google: Dialect = {
  request: (route, request) => ({
    path: `/models/${route.model}:${request.stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    headers: {},
    body: bodyOf(route, request),
  }),
  authorise: (key) => ({ "x-goog-api-key": key }),
  reader: googleReader,
  refusal: googleRefusal,
};

type Part = Readonly<Record<string, unknown>>;

function bodyOf(route: Route, { messages, tools, toolChoice, sampling, maxOutputTokens }: ModelRequest) {
  const system = messages.flatMap((message) => (message.role === "system" && message.content !== "" ? [{ text: message.content }] : []));
  const functions = tools.map(({ name, description, parameters }) => ({ name, description, parametersJsonSchema: parameters }));
  return {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    contents: turnsOf(messages),
    ...(functions.length === 0 ? {} : { tools: [{ functionDeclarations: functions }], ...choiceOf(toolChoice) }),
    generationConfig: { maxOutputTokens, ...samplingOf(route, sampling, maxOutputTokens) },
  };
}

const MODES = { auto: "AUTO", none: "NONE", required: "ANY" } as const;

function choiceOf(choice: ToolChoice | undefined) {
  if (choice === undefined) return {};
  const calling = typeof choice === "string" ? { mode: MODES[choice] } : { mode: "ANY", allowedFunctionNames: [choice.name] };
  return { toolConfig: { functionCallingConfig: calling } };
}

type Turn = { readonly role: "user" | "model"; readonly parts: Part[] };

/** Results of calls that were made together stand in one turn, as the calls did. */
function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "model" : "user";
    const parts = partsOf(message);
    const before = turns.at(-1);
    if (parts.length === 0) continue;
    if (before?.role === role) before.parts.push(...parts);
    else turns.push({ role, parts });
  }
  return turns;
}

function partsOf(message: Exclude<Message, { role: "system" }>): Part[] {
  if (message.role === "tool") {
    const { toolCallId: id, toolName: name, content, failed } = message;
    return [{ functionResponse: { id: toolCallId(id, "google"), name, response: failed ? { error: content } : { result: content } } }];
  }
  const given: readonly MessagePart[] = typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
  const parts = given.flatMap((part): Part[] => {
    if (part.type === "text") return part.text === "" ? [] : [{ text: part.text }];
    return [{ inlineData: { mimeType: part.mediaType, data: part.data } }];
  });
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  return [...parts, ...calls.map(callOf)];
}

function callOf({ id, name, arguments: given, signature }: ToolCall): Part {
  const call = { functionCall: { id: toolCallId(id, "google"), name, args: object(parseJson(given)) ?? {} } };
  return signature?.provider === "google" ? { ...call, thoughtSignature: signature.value } : call;
}

function samplingOf(route: Route, { temperature, topP, stop, seed, responseFormat, reasoningEffort }: Sampling, maxOutputTokens: number) {
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stopSequences: stop }),
    ...(seed === undefined ? {} : { seed }),
    ...(responseFormat === undefined ? {} : { responseMimeType: "application/json" }),
    ...(responseFormat?.type === "json_schema" ? { responseJsonSchema: responseFormat.schema } : {}),
    ...(reasoningEffort === undefined ? {} : { thinkingConfig: { thinkingBudget: budgetOf(route, reasoningEffort, maxOutputTokens) } }),
  };
}

function budgetOf({ leastThinking }: Route, effort: NonNullable<Sampling["reasoningEffort"]>, maxOutputTokens: number): number {
  return effort === "none" ? leastThinking : Math.max(leastThinking, thinkingBudget(effort, maxOutputTokens));
}
