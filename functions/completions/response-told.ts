// A call as a response of OpenAI's newer API: in one piece, or in the numbered events of a stream, each of which says where it belongs.

import type * as v from "valibot";
import type { ResponseCreate, ResponseOutput, ResponseRead } from "@pantheon/contract/responses.ts";
import { invariant, type DomainError } from "@pantheon/contract/error.ts";
import { amount } from "@pantheon/contract/money.ts";
import type { CallEvent, RequestedCall, SettledCall } from "@pantheon/core/turns/call.ts";
import type { Telling } from "./chat-told.ts";
import { told } from "./refused.ts";
import { brokeOff, type Whole } from "./whole.ts";

type Asked = v.InferOutput<typeof ResponseCreate>;
type Read = v.InferInput<typeof ResponseRead>;
type Output = v.InferInput<typeof ResponseOutput>;
type Message = Extract<Output, { type: "message" }>;
type Status = Output["status"];
type About = { readonly asked: Asked; readonly usdPerCredit: Telling["usdPerCredit"] };

/** The answer of a settled call in one piece. What broke off ends as if it had been too long: what came is paid. */
export function responseOf({ text, calls, call }: Whole, { asked, usdPerCredit }: About): Read {
  const ending = endingOf(call) ?? TOO_LONG;
  const texts = text === "" ? [] : [messageItem(call.id, 0, text, ending.status)];
  return {
    ...headOf(call.id, new Date(call.created_at), asked),
    ...ending,
    output: [...texts, ...calls.map((one, index) => callItem(call.id, texts.length + index, one))],
    usage: usageOf(call, usdPerCredit),
  };
}

/** A teller of one stream: the events that each event of a call becomes, and the last ones of a call that was refused after its head. */
export type ResponseTeller = { readonly lines: (event: CallEvent) => string; readonly failed: (refusal: DomainError) => string };

/** Numbers its events from 0; ends with one that says how the response ended. */
export function responseLines({ asked, usdPerCredit }: About): ResponseTeller {
  const [output, numbered]: [Output[], Numbered] = [[], numbering()];
  let [head, call, open]: [Head | null, string, Message | null] = [null, "", null];
  const closed = (status: Status): string => {
    if (open === null) return "";
    const item = { ...open, status };
    output.push(item);
    open = null;
    return messageDone(numbered, item, output.length - 1);
  };
  const ended = (status: Ending, usage: Read["usage"]): string => {
    invariant(head, "a stream begins with its head");
    return numbered({ type: `response.${status.status}`, response: { ...head, ...status, output, usage } });
  };
  const broken = (refusal: DomainError, usage: Read["usage"]): string => {
    const { code, message } = told(refusal).error;
    const error = { code: "server_error", message };
    const last = closed("incomplete"); // numbered before what comes after it
    return `${last}${numbered({ type: "error", code, message, param: null })}${ended({ ...FAILED, error }, usage)}`;
  };
  const failed = (refusal: DomainError): string => broken(refusal, null);
  const lines = (event: CallEvent): string => {
    switch (event.type) {
      case "started": {
        [call, head] = [event.id, headOf(event.id, event.createdAt, asked)];
        const response = { ...head, ...RUNNING, output: [], usage: null };
        return `${numbered({ type: "response.created", response })}${numbered({ type: "response.in_progress", response })}`;
      }
      case "text": {
        const begun = open === null ? messageBegun(numbered, call, output.length) : "";
        open = messageItem(call, output.length, (open === null ? "" : wordsOf(open)) + event.text, "in_progress");
        const place = { item_id: open.id, output_index: output.length, content_index: 0 };
        return `${begun}${numbered({ type: "response.output_text.delta", ...place, delta: event.text, logprobs: [] })}`;
      }
      case "tool_call": {
        const before = closed("completed");
        const item = callItem(call, output.length, event.call);
        output.push(item);
        return `${before}${callTold(numbered, item, output.length - 1)}`;
      }
      default: {
        const [ending, usage] = [endingOf(event.call), usageOf(event.call, usdPerCredit)];
        if (ending === null) return broken(brokeOff(), usage);
        return `${closed(ending.status === "completed" ? "completed" : "incomplete")}${ended(ending, usage)}`;
      }
    }
  };
  return { lines, failed };
}

type Ending = Pick<Read, "status" | "error" | "incomplete_details"> & { readonly status: Read["status"] };
type Settled = Ending & { readonly status: "completed" | "incomplete" };

const RUNNING = { status: "in_progress", error: null, incomplete_details: null } as const satisfies Ending;
const FAILED = { status: "failed", error: null, incomplete_details: null } as const satisfies Ending;
const COMPLETED = { status: "completed", error: null, incomplete_details: null } as const satisfies Settled;
const TOO_LONG = { status: "incomplete", error: null, incomplete_details: { reason: "max_output_tokens" } } as const satisfies Settled;
const FILTERED = { status: "incomplete", error: null, incomplete_details: { reason: "content_filter" } } as const satisfies Settled;

/** Null for an answer that broke off. */
function endingOf({ finish_reason: reason }: SettledCall): Settled | null {
  if (reason === "cut") return null;
  if (reason === "length" || reason === "budget") return TOO_LONG;
  return reason === "content_filter" ? FILTERED : COMPLETED;
}

type Event = Readonly<Record<string, unknown>> & { readonly type: string };
type Numbered = (event: Event) => string;

function numbering(): Numbered {
  let next = 0;
  return ({ type, ...rest }) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: next++, ...rest })}\n\n`;
}

function messageBegun(numbered: Numbered, call: string, index: number): string {
  const { content, ...item } = messageItem(call, index, "", "in_progress");
  const added = numbered({ type: "response.output_item.added", output_index: index, item: { ...item, content: [] } });
  const place = { item_id: item.id, output_index: index, content_index: 0 };
  return `${added}${numbered({ type: "response.content_part.added", ...place, part: content[0] })}`;
}

function messageDone(numbered: Numbered, item: Message, index: number): string {
  const place = { item_id: item.id, output_index: index, content_index: 0 };
  const text = numbered({ type: "response.output_text.done", ...place, text: wordsOf(item), logprobs: [] });
  const part = numbered({ type: "response.content_part.done", ...place, part: item.content[0] });
  return `${text}${part}${numbered({ type: "response.output_item.done", output_index: index, item })}`;
}

function callTold(numbered: Numbered, item: Extract<Output, { type: "function_call" }>, index: number): string {
  const place = { item_id: item.id, output_index: index };
  const begun = { ...item, status: "in_progress", arguments: "" };
  const added = numbered({ type: "response.output_item.added", output_index: index, item: begun });
  const delta = numbered({ type: "response.function_call_arguments.delta", ...place, delta: item.arguments });
  const done = numbered({ type: "response.function_call_arguments.done", ...place, name: item.name, arguments: item.arguments });
  return `${added}${delta}${done}${numbered({ type: "response.output_item.done", output_index: index, item })}`;
}

function wordsOf({ content }: Message): string {
  return content.map(({ text }) => text).join("");
}

function messageItem(call: string, index: number, text: string, status: Status): Message {
  const content: Message["content"] = [{ type: "output_text", text, annotations: [], logprobs: [] }];
  return { type: "message", id: `msg_${call}_${index}`, status, role: "assistant", content };
}

function callItem(call: string, index: number, { id, name, arguments: given }: RequestedCall) {
  return { type: "function_call", id: `fc_${call}_${index}`, status: "completed", call_id: id, name, arguments: given } as const;
}

type Head = Omit<Read, "status" | "error" | "incomplete_details" | "output" | "usage">;

/** What was asked is told again, as that API does. */
function headOf(call: string, createdAt: Date, asked: Asked): Head {
  return {
    id: `resp_${call}`,
    object: "response",
    created_at: Math.floor(createdAt.getTime() / 1_000),
    model: asked.model,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    metadata: asked.metadata ?? {},
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: asked.reasoning?.effort ?? null, summary: null },
    store: false,
    temperature: asked.temperature ?? null,
    text: { format: asked.text?.format ?? { type: "text" } },
    tool_choice: asked.tool_choice ?? "auto",
    tools: asked.tools ?? [],
    top_p: asked.top_p ?? null,
    truncation: "disabled",
  };
}

function usageOf({ id, usage, credits_charged: credits }: SettledCall, usdPerCredit: Telling["usdPerCredit"]): NonNullable<Read["usage"]> {
  invariant(usage && credits, "a settled call has its figures");
  const input = usage.input_tokens_fresh + usage.input_tokens_cached;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.input_tokens_cached },
    output_tokens: usage.output_tokens,
    output_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
    total_tokens: input + usage.output_tokens,
    cost: Number(amount(credits).times(usdPerCredit).toFixed()),
    pantheon: { credits, receipt: id },
  };
}
