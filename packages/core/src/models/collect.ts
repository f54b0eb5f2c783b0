// What has come of an answer so far, in one piece: what a JSON turn keeps of a stream, and what a streamed one settles with.

import { invariant } from "@pantheon/contract/error.ts";
import type { Ticks } from "@pantheon/contract/time.ts";
import type { Attempt, ModelEvent } from "./attempts.ts";
import type { Failure } from "./failure.ts";
import type { Provider, Route } from "./model.ts";
import type { UsageReport } from "./report.ts";
import type { FinishReason, ToolCall } from "./request.ts";

export type ModelAnswer = {
  /** Safe to store: no NUL, no lone surrogates, at most 1 MiB of UTF-8 (what is longer is left out, and the answer is not cut by that). */
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** Octets of reasoning that came; it is output too, though nobody reads it. */
  readonly reasoningOctets: number;
  /** Why the answer broke off; `text` is then what had been received. Null when it is whole. */
  readonly cut: Failure | null;
  /** Null when the provider did not get to say it. */
  readonly finishReason: FinishReason | null;
  /** What the provider reported, all blocks together; null when it reported nothing. */
  readonly usage: UsageReport | null;
  readonly route: Route;
  readonly provider: Provider;
  /** The model that the provider says answered; the one asked for when it does not say. Safe to store, as is the id. */
  readonly providerModel: string;
  readonly providerRequestId: string | null;
  /** The provider's own cost in USD, where it gives a credible one. */
  readonly costUsd: string | null;
  /** What failed before this route answered. */
  readonly attempts: readonly Attempt[];
  /** From the call to the first text, tool call or end; and to the last, attempts included. Whole milliseconds of the steady clock. */
  readonly firstByteMs: number;
  readonly latencyMs: number;
};

export type Collecting = {
  take(event: ModelEvent): void;
  /** What has come by now. Of nothing at all there is no answer: an event must have been taken. */
  answer(): ModelAnswer;
};

/** Collects the events of one call, which begins now. */
export function collecting(ticks: Ticks): Collecting {
  const began = ticks();
  const since = () => Math.round(ticks() - began);
  const toolCalls: ToolCall[] = [];
  let [text, reasoningOctets, firstByteMs] = ["", 0, 0];
  let [cut, finishReason, usage]: [Failure | null, FinishReason | null, UsageReport | null] = [null, null, null];
  let [route, attempts]: [Route | null, readonly Attempt[]] = [null, []];
  let named: { requestId: string | null; model: string | null } = { requestId: null, model: null };
  return {
    take: (event) => {
      if (event.type === "text") text += event.text;
      else if (event.type === "reasoning") reasoningOctets += event.octets;
      else if (event.type === "tool_call") toolCalls.push(event.call);
      else if (event.type === "usage") usage = event.report;
      else if (event.type === "named") named = event;
      else if (event.type === "finish") finishReason = event.reason;
      else if (event.type === "cut") cut = event.failure;
      else [route, attempts, firstByteMs] = [event.route, event.attempts, since()];
    },
    answer: () => {
      invariant(route, "an answer begins with its route");
      return {
        text,
        toolCalls,
        reasoningOctets,
        cut,
        finishReason,
        usage,
        route,
        provider: route.provider,
        providerModel: named.model ?? route.model,
        providerRequestId: named.requestId,
        costUsd: usage?.providerCostUsd ?? null,
        attempts,
        firstByteMs,
        latencyMs: since(),
      };
    },
  };
}

/** The answer that these events make. Throws what they throw. */
export async function collect(batches: AsyncIterable<readonly ModelEvent[]>, ticks: Ticks): Promise<ModelAnswer> {
  const received = collecting(ticks);
  for await (const events of batches) for (const event of events) received.take(event);
  return received.answer();
}
