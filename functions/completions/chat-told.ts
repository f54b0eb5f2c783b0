// A call as a chat completion: in one piece, or in the chunks of a stream. Writes nothing of its own: names, order and what must not be missing
// are those that OpenAI's clients rely on.

import type * as v from "valibot";
import type { ChatCompletion, ChatCompletionChunk } from "@pantheon/contract/completions.ts";
import { invariant } from "@pantheon/contract/error.ts";
import { amount, type Amount } from "@pantheon/contract/money.ts";
import type { CallEvent, RequestedCall, SettledCall } from "@pantheon/core/turns/call.ts";
import { told } from "./refused.ts";
import { brokeOff } from "./whole.ts";

type Chunk = v.InferInput<typeof ChatCompletionChunk>;
type Usage = v.InferInput<typeof ChatCompletion>["usage"];
type Finish = v.InferInput<typeof ChatCompletion>["choices"][number]["finish_reason"];

/** How answers of one request are told. */
export type Telling = {
  /** The model by the name that it was asked for. */
  readonly model: string;
  readonly usdPerCredit: Amount;
  /** Whether a stream ends with the chunk that tells what was used. */
  readonly withUsage: boolean;
};

/** The answer of a settled call in one piece. What broke off ends as if it had been too long: what came is paid. */
export function completionOf(
  { text, calls, call }: { readonly text: string; readonly calls: readonly RequestedCall[]; readonly call: SettledCall },
  { model, usdPerCredit }: Telling,
): v.InferInput<typeof ChatCompletion> {
  const toolCalls = calls.map(toolCall);
  const message = { role: "assistant", content: text === "" && toolCalls.length > 0 ? null : text, refusal: null } as const;
  return {
    id: idOf(call.id),
    object: "chat.completion",
    created: seconds(new Date(call.created_at)),
    model,
    choices: [
      {
        index: 0,
        message: { ...message, ...(toolCalls.length > 0 && { tool_calls: toolCalls }) },
        logprobs: null,
        finish_reason: finishOf(call, toolCalls.length > 0) ?? "length",
      },
    ],
    usage: usageOf(call, usdPerCredit),
  };
}

/** A teller of one stream: the lines that each event of a call becomes. */
export function chatLines({ model, usdPerCredit, withUsage }: Telling): (event: CallEvent) => string {
  let head: Pick<Chunk, "id" | "object" | "created" | "model"> | null = null;
  let calls = 0;
  const chunk = (choices: Chunk["choices"], more: Partial<Chunk> = {}): string => {
    invariant(head, "a stream begins with its head");
    const said: Chunk = { ...head, choices, ...(withUsage && { usage: null }), ...more };
    return `data: ${JSON.stringify(said)}\n\n`;
  };
  const choice = (delta: Chunk["choices"][number]["delta"], finish: Finish | null = null): Chunk["choices"] => [
    { index: 0, delta, logprobs: null, finish_reason: finish },
  ];
  return (event) => {
    switch (event.type) {
      case "started":
        head = { id: idOf(event.id), object: "chat.completion.chunk", created: seconds(event.createdAt), model };
        return chunk(choice({ role: "assistant", content: "" }));
      case "text":
        return chunk(choice({ content: event.text }));
      case "tool_call":
        calls += 1;
        return chunk(choice({ tool_calls: [{ index: calls - 1, ...toolCall(event.call) }] }));
      default: {
        const finish = finishOf(event.call, calls > 0);
        if (finish === null) return `data: ${JSON.stringify(told(brokeOff()))}\n\n`;
        const usage = withUsage ? chunk([], { usage: usageOf(event.call, usdPerCredit) }) : "";
        return `${chunk(choice({}, finish))}${usage}data: [DONE]\n\n`;
      }
    }
  };
}

/** What a program is told as the answer's id: the call's own, in the form that such ids have. */
export function idOf(call: string): string {
  return `chatcmpl-${call}`;
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}

function toolCall({ id, name, arguments: given }: RequestedCall) {
  return { id, type: "function", function: { name, arguments: given } } as const;
}

/** Null for an answer that broke off. Some providers say "stop" beside tool calls, and programs then do not run them. */
function finishOf({ finish_reason: reason }: SettledCall, hasCalls: boolean): Finish | null {
  if (reason === "cut") return null;
  if (reason === "length" || reason === "budget") return "length";
  if (reason === "content_filter") return "content_filter";
  return hasCalls ? "tool_calls" : "stop";
}

function usageOf({ id, usage, credits_charged: credits }: SettledCall, usdPerCredit: Amount): Usage {
  invariant(usage && credits, "a settled call has its figures");
  const prompt = usage.input_tokens_fresh + usage.input_tokens_cached;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output_tokens,
    total_tokens: prompt + usage.output_tokens,
    prompt_tokens_details: { cached_tokens: usage.input_tokens_cached },
    completion_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
    cost: Number(amount(credits).times(usdPerCredit).toFixed()), // a number is what such programs read; the exact amount stands beside it
    pantheon: { credits, receipt: id },
  };
}
