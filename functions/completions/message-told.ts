// A call as a message of Anthropic's API: in one piece, or in the events of a stream.

import type * as v from "valibot";
import type { MessageRead } from "@pantheon/contract/messages.ts";
import { invariant, type DomainError } from "@pantheon/contract/error.ts";
import { amount } from "@pantheon/contract/money.ts";
import type { CallEvent, RequestedCall, SettledCall } from "@pantheon/core/turns/call.ts";
import type { Telling } from "./chat-told.ts";
import { messageRefusal } from "./message-refusal.ts";
import { brokeOff, type Whole } from "./whole.ts";

type Read = v.InferInput<typeof MessageRead>;
type About = Pick<Telling, "model" | "usdPerCredit">;

/** The answer of a settled call in one piece. What broke off ends as if it had been too long: what came is paid. */
export function messageOf({ text, calls, call }: Whole, { model, usdPerCredit }: About): Read {
  return {
    ...headOf(call.id, model),
    content: [...(text === "" ? [] : [{ type: "text", text } as const]), ...calls.map(toolUse)],
    stop_reason: stopOf(call, calls.length > 0) ?? "max_tokens",
    stop_sequence: null,
    usage: usageOf(call, usdPerCredit),
  };
}

/** A teller of one stream: the events that each event of a call becomes. */
export function messageLines({ model, usdPerCredit }: About): (event: CallEvent) => string {
  let [index, inText, calls] = [0, false, 0];
  const closed = (): string => {
    if (!inText) return "";
    inText = false;
    return eventLine({ type: "content_block_stop", index: index++ });
  };
  return (event) => {
    switch (event.type) {
      case "started": {
        const usage = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 };
        const message = { ...headOf(event.id, model), content: [], stop_reason: null, stop_sequence: null, usage };
        return eventLine({ type: "message_start", message });
      }
      case "text": {
        const opened = inText ? "" : eventLine({ type: "content_block_start", index, content_block: { type: "text", text: "" } });
        inText = true;
        return `${opened}${eventLine({ type: "content_block_delta", index, delta: { type: "text_delta", text: event.text } })}`;
      }
      case "tool_call": {
        calls += 1;
        const before = closed();
        const { id, name, arguments: given } = event.call;
        const start = eventLine({ type: "content_block_start", index, content_block: { type: "tool_use", id, name, input: {} } });
        const delta = eventLine({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: given } });
        return `${before}${start}${delta}${eventLine({ type: "content_block_stop", index: index++ })}`;
      }
      default: {
        const stop = stopOf(event.call, calls > 0);
        if (stop === null) return messageFailed(brokeOff());
        const usage = usageOf(event.call, usdPerCredit);
        const delta = { stop_reason: stop, stop_sequence: null };
        return `${closed()}${eventLine({ type: "message_delta", delta, usage })}${eventLine({ type: "message_stop" })}`;
      }
    }
  };
}

/** The last event of a stream that was refused after its head. */
export function messageFailed(refusal: DomainError): string {
  return eventLine(messageRefusal(refusal));
}

function eventLine(event: Readonly<Record<string, unknown>> & { readonly type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function headOf(call: string, model: string) {
  return { id: `msg_${call}`, type: "message", role: "assistant", model } as const;
}

function toolUse({ id, name, arguments: given }: RequestedCall) {
  return { type: "tool_use", id, name, input: inputOf(given) } as const;
}

/** An object, whatever the model wrote. */
function inputOf(given: string): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(given);
    return typeof input === "object" && input !== null && !Array.isArray(input) ? (input as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Null for an answer that broke off. */
function stopOf({ finish_reason: reason }: SettledCall, hasCalls: boolean): Read["stop_reason"] | null {
  if (reason === "cut") return null;
  if (reason === "length" || reason === "budget") return "max_tokens";
  if (reason === "content_filter") return "refusal";
  return hasCalls ? "tool_use" : "end_turn";
}

function usageOf({ id, usage, credits_charged: credits }: SettledCall, usdPerCredit: Telling["usdPerCredit"]): Read["usage"] {
  invariant(usage && credits, "a settled call has its figures");
  return {
    input_tokens: usage.input_tokens_fresh,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.input_tokens_cached,
    output_tokens: usage.output_tokens,
    cost: Number(amount(credits).times(usdPerCredit).toFixed()),
    pantheon: { credits, receipt: id },
  };
}
