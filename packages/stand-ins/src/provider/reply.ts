// What the stand-in model says, and how many tokens it says that took. A pure function of the request: the same question, the same answer.
//
// Tokens are octets of text divided by 4, rounded up. From the second turn of a conversation on, all that came before the last
// message counts as cached (rounded down). The cost is the list price of the model, or that of the default one for a name it does not know.

import { listCost, type Route } from "@pantheon/core/models/model.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { format } from "@pantheon/contract/money.ts";
import type { ChatMessage, ChatRequest } from "./chat-request.ts";
import { chosenName } from "./choice.ts";
import { dueStep, type ScriptedStep } from "./script.ts";

export type Reply = {
  readonly text: string;
  readonly toolCalls: readonly ReplyCall[];
  readonly finishReason: "stop" | "length" | "tool_calls";
  readonly usage: ReplyUsage;
};

export type ReplyCall = { readonly id: string; readonly name: string; readonly arguments: string };

/** A usage block as OpenRouter reports one. */
export type ReplyUsage = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
  readonly cost: number;
};

const OCTETS_PER_TOKEN = 4;
const ROUTES: readonly Route[] = Object.values(MODELS).flatMap(({ routes }) => routes);

/** The reply to a request. A text that is wished for is sent whole, whatever `max_tokens` says. */
export function replyTo(
  request: ChatRequest,
  wish: {
    readonly text?: string;
    readonly toolCalls?: number;
    readonly toolLoop?: true;
    readonly toolArguments?: number;
    readonly reasoningTokens?: number;
    readonly octetsPerToken?: number;
  },
): Reply {
  const step = mayCall(request) ? stepOf(request, wish) : null;
  if (step !== null) {
    const calls = step.calls.map((call, index) => ({ id: `call_${request.messages.length}_${index}`, ...call }));
    const said = step.text + calls.map((call) => call.arguments).join("");
    return { text: step.text, toolCalls: calls, finishReason: "tool_calls", usage: usageOf(request, said, 0, OCTETS_PER_TOKEN) };
  }
  const toolCalls = mayCall(request) ? callsOf(request, wish.toolCalls ?? 0) : [];
  if (toolCalls.length > 0) {
    const usage = usageOf(request, toolCalls.map((call) => call.arguments).join(""), 0, OCTETS_PER_TOKEN);
    return { text: "", toolCalls, finishReason: "tool_calls", usage };
  }
  const whole = wish.text ?? chosenName(request.messages) ?? sayAbout(request.messages);
  const text = request.maxTokens === null || wish.text !== undefined ? whole : firstOctets(whole, request.maxTokens * OCTETS_PER_TOKEN);
  return {
    text,
    toolCalls,
    finishReason: text.length < whole.length ? "length" : "stop",
    usage: usageOf(request, text, wish.reasoningTokens ?? 0, wish.octetsPerToken ?? OCTETS_PER_TOKEN),
  };
}

function mayCall({ tools, options }: ChatRequest): boolean {
  return tools.length > 0 && options["tool_choice"] !== "none";
}

/** What the user's own words script, or a behaviour that never has enough. */
function stepOf(
  { messages, tools }: ChatRequest,
  { toolLoop, toolArguments }: { toolLoop?: true; toolArguments?: number },
): ScriptedStep | null {
  const [name = ""] = tools;
  if (toolLoop) return { text: "", calls: [{ name, arguments: '{"query":"again"}' }] };
  const isTold = messages.at(-1)?.role === "tool";
  if (toolArguments !== undefined && !isTold) return { text: "", calls: [{ name, arguments: `{"query":"${"x".repeat(toolArguments)}"}` }] };
  return dueStep(messages);
}

function callsOf({ messages, tools }: ChatRequest, many: number): ReplyCall[] {
  const [name] = tools;
  if (name === undefined || messages.at(-1)?.role === "tool") return [];
  return Array.from({ length: many }, (_, index) => ({
    id: `call_${index}`,
    name,
    arguments: JSON.stringify({ number: index, city: "Zürich" }),
  }));
}

const OPENINGS = ["Good question.", "Gladly.", "Let me think.", "Here is the short answer."];

function sayAbout(messages: readonly ChatMessage[]): string {
  const question = messages.findLast((message) => message.role === "user")?.content ?? "";
  const opening = OPENINGS[octets(question) % OPENINGS.length];
  const asked = messages.filter((message) => message.role === "user").length;
  const memory = asked > 1 ? ` I also remember the ${asked - 1} before it.` : "";
  return `${opening} You wrote “${excerpt(question)}”, and I read every word of it.${memory} I am a stand-in model: ask again and I will say the same.`;
}

function excerpt(text: string): string {
  const points = Array.from(text.replaceAll(/\s+/g, " ").toWellFormed());
  return points.length <= 60 ? points.join("") : `${points.slice(0, 59).join("")}…`;
}

function octets(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** The longest beginning of whole characters that fits. */
function firstOctets(text: string, limit: number): string {
  if (octets(text) <= limit) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}

/** Octets of text in messages. */
export function sizeOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, message) => sum + octets(message.content), 0);
}

function usageOf(request: ChatRequest, text: string, reasoning: number, perToken: number): ReplyUsage {
  const isSecondTurn = request.messages.some((message) => message.role === "assistant");
  const prompt = Math.ceil(sizeOf(request.messages) / perToken);
  const cached = isSecondTurn ? Math.floor(sizeOf(request.messages.slice(0, -1)) / perToken) : 0;
  const completion = Math.ceil(octets(text) / perToken) + reasoning;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
    cost: listPrice(request.model, prompt - cached, cached, completion),
  };
}

/** A JSON number, since that is what OpenRouter sends: the one place where an amount is a double, and it is the provider's. */
function listPrice(model: string, fresh: number, cached: number, output: number): number {
  const [standard] = MODELS["default"]?.routes ?? [];
  const route = ROUTES.find((known) => known.model === model) ?? standard;
  return route === undefined ? 0 : Number(format(listCost(route, { fresh, cacheRead: cached, cacheWrite: 0, cacheWriteHour: 0, output })));
}
