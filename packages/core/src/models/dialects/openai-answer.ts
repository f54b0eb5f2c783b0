// Reads answers, usage and refusals of the OpenAI chat dialect in all its flavours. Nothing in them is trusted.

import type { AnswerReader } from "../dialect.ts";
import { failureFrom, type Failure } from "../failure.ts";
import { detail, errorStatus, list, member, object, text, type Json } from "../json.ts";
import type { Route } from "../model.ts";
import { FLAVOURS } from "../providers.ts";
import { reportOf, withFigures, type Figures } from "../report.ts";
import type { FinishReason, ReadEvent } from "../request.ts";
import { naming } from "../naming.ts";
import { newToolCallId } from "../tool-calls.ts";

/** A reader of one answer. */
export function openAiReader(route: Route): AnswerReader {
  const { usage: shape } = FLAVOURS[route.provider];
  let figures: Figures = {};
  const calls = openAiCalls();
  const named = naming();

  const usage = (block: unknown): ReadEvent[] => {
    const known = object(block);
    if (known === null) return [];
    figures = withFigures(figures, figuresOf(known));
    const report = reportOf(figures, shape);
    return report === null ? [] : [{ type: "usage", report }];
  };
  const common = (chunk: Json): ReadEvent[] => [...named(text(chunk["id"]), text(chunk["model"])), ...usage(chunk["usage"])];
  return {
    event: (payload) => {
      const chunk = object(payload);
      if (chunk === null) return [];
      const failure = errorIn(chunk);
      const choice = object(list(chunk["choices"])[0]);
      const delta = object(choice?.["delta"]);
      const events = common(chunk);
      if (delta !== null) {
        events.push(...contents(delta));
        calls.add(list(delta["tool_calls"]));
      }
      if (failure !== null) events.push({ type: "failure", failure });
      else events.push(...finished(choice, calls.take));
      return events;
    },
    whole: (body) => {
      const answer = object(body);
      const failure = answer === null ? null : errorIn(answer);
      if (answer === null || failure !== null) return failure === null ? [] : [{ type: "failure", failure }];
      const choice = object(list(answer["choices"])[0]);
      const message = object(choice?.["message"]);
      calls.add(list(message?.["tool_calls"]));
      return [...common(answer), ...(message === null ? [] : contents(message)), ...finished(choice, calls.take)];
    },
  };
}

/** Content is a text, or (Mistral) a list of parts, thoughts among them. */
function contents(delta: Json): ReadEvent[] {
  const events: ReadEvent[] = [];
  const thought = text(delta["reasoning_content"]) ?? text(delta["reasoning"]);
  if (thought !== null) events.push({ type: "reasoning", octets: Buffer.byteLength(thought) });
  const whole = text(delta["content"]);
  if (whole !== null) events.push({ type: "text", text: whole });
  for (const part of list(delta["content"])) {
    const words = text(member(part, "text"));
    if (words !== null) events.push({ type: "text", text: words });
    for (const piece of list(member(part, "thinking"))) {
      const thoughts = text(member(piece, "text"));
      if (thoughts !== null) events.push({ type: "reasoning", octets: Buffer.byteLength(thoughts) });
    }
  }
  return events;
}

const FINISH: Readonly<Record<string, FinishReason>> = Object.assign(Object.create(null), {
  stop: "stop",
  length: "length",
  model_length: "length",
  content_filter: "content_filter",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
});

/** Two reasons are no end of a good answer: the provider failed, and DeepSeek ran out of machines. */
function finished(choice: Json | null, calls: () => ReadEvent[]): ReadEvent[] {
  const reason = text(choice?.["finish_reason"]);
  if (reason === null) return [];
  if (reason === "error" || reason === "insufficient_system_resource") {
    return [{ type: "failure", failure: failureFrom({ status: null, codes: [reason], words: "", retryAfterSeconds: null }) }];
  }
  return [...calls(), { type: "finish", reason: FINISH[reason] ?? "other" }];
}

type OpenCall = { id: string | null; name: string; arguments: string };

/** Calls that come in pieces: `index` says which, else the id does, else a piece without either goes on with the last one. */
function openAiCalls() {
  const open = new Map<number | string, OpenCall>();
  let last: number | string = 0;
  return {
    add: (pieces: readonly unknown[]): void => {
      for (const piece of pieces) {
        const [index, id, call] = [member(piece, "index"), text(member(piece, "id")), object(member(piece, "function"))];
        if (call === null) continue;
        last = typeof index === "number" ? index : (id ?? last);
        const known = open.get(last) ?? { id: null, name: "", arguments: "" };
        open.set(last, known);
        known.id ??= id;
        known.name ||= text(call["name"]) ?? "";
        const given = call["arguments"];
        known.arguments += typeof given === "string" ? given : given === undefined || given === null ? "" : JSON.stringify(given);
      }
    },
    take: (): ReadEvent[] => {
      const events = [...open.values()]
        .filter(({ name }) => name !== "")
        .map(({ id, name, arguments: given }): ReadEvent => ({
          type: "tool_call",
          call: { id: id ?? newToolCallId(), name, arguments: given || "{}" },
        }));
      open.clear();
      return events;
    },
  };
}

function figuresOf(usage: Json): Figures {
  const input = usage["prompt_tokens_details"] ?? usage["prompt_token_details"];
  const elsewhere = usage["is_byok"] === true ? member(usage["cost_details"], "upstream_inference_cost") : null;
  return {
    input: usage["prompt_tokens"],
    cacheRead: detail(input, "cached_tokens") ?? usage["prompt_cache_hit_tokens"] ?? usage["num_cached_tokens"],
    cacheWrite: detail(input, "cache_write_tokens"),
    output: usage["completion_tokens"],
    reasoning: detail(usage["completion_tokens_details"], "reasoning_tokens"),
    total: usage["total_tokens"],
    cost: usage["cost"],
    costElsewhere: elsewhere,
    costTicks: usage["cost_in_usd_ticks"],
  };
}

/** The failure behind a refusal of this dialect. */
export function openAiRefusal(status: number, body: unknown, retryAfterSeconds: number | null): Failure {
  return failureFrom({ status, ...errorOf(object(body) ?? {}), retryAfterSeconds });
}

/** An error where an answer should be: in a stream that began well, or in the place of one. */
function errorIn(chunk: Json): Failure | null {
  const isError = (chunk["error"] !== undefined && chunk["error"] !== null) || chunk["object"] === "error" || chunk["type"] === "error";
  if (!isError) return null;
  return failureFrom({
    status: errorStatus(member(chunk["error"], "code")) ?? errorStatus(chunk["code"]),
    ...errorOf(chunk),
    retryAfterSeconds: null,
  });
}

/** An error stands in `error`, as an object or a text, or (Mistral) at the top. */
function errorOf(body: Json): { codes: string[]; words: string } {
  const error = object(body["error"]) ?? body;
  const metadata = object(error["metadata"]);
  const said = [error["code"], error["type"], body["code"], metadata?.["error_type"]];
  const isFlagged = Array.isArray(metadata?.["reasons"]) || metadata?.["flagged_input"] !== undefined;
  const codes = said.filter((code): code is string => typeof code === "string");
  return { codes: isFlagged ? [...codes, "moderation"] : codes, words: text(error["message"]) ?? text(body["error"]) ?? "" };
}
