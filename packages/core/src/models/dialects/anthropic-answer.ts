// Reads answers, usage and refusals of Anthropic's Messages API. Nothing in them is trusted.

import type { AnswerReader } from "../dialect.ts";
import { failureFrom, failureOf, type Failure } from "../failure.ts";
import { detail, list, member, object, text, type Json } from "../json.ts";
import { naming } from "../naming.ts";
import { reportOf, withFigures, type Figures, type UsageShape } from "../report.ts";
import type { FinishReason, ReadEvent } from "../request.ts";
import { newToolCallId } from "../tool-calls.ts";

const SHAPE: UsageShape = { cache: "beside", reasoning: "inside", omitsZero: false };

/** A reader of one answer. */
export function anthropicReader(): AnswerReader {
  let figures: Figures = {};
  let message: string | null = null;
  const calls = new Map<unknown, OpenCall>();
  const named = naming();

  const usage = (block: unknown): ReadEvent[] => {
    const known = object(block);
    if (known === null) return [];
    figures = withFigures(figures, figuresOf(known));
    const report = reportOf(figures, SHAPE);
    return report === null ? [] : [{ type: "usage", report }];
  };
  /** The same message announced again is passed over; another one in this stream is none of ours. */
  const start = (body: Json): ReadEvent[] => {
    const id = text(body["id"]);
    if (message !== null && id !== message) return [{ type: "failure", failure: failureOf("malformed") }];
    if (message !== null) return [];
    message = id;
    return [...named(id, text(body["model"])), ...usage(body["usage"])];
  };
  const close = (index: unknown): ReadEvent[] => {
    const call = calls.get(index);
    calls.delete(index);
    return call === undefined ? [] : [{ type: "tool_call", call: { id: call.id, name: call.name, arguments: call.arguments || "{}" } }];
  };
  return {
    event: (payload) => {
      const event = object(payload);
      switch (event?.["type"]) {
        case "message_start":
          return start(object(event["message"]) ?? {});
        case "content_block_start":
          return opened(event["index"], object(event["content_block"]) ?? {}, calls);
        case "content_block_delta":
          return continued(object(event["delta"]) ?? {}, calls.get(event["index"]));
        case "content_block_stop":
          return close(event["index"]);
        case "message_delta":
          return [...usage(event["usage"]), ...finished(member(event["delta"], "stop_reason"))];
        case "message_stop":
          return [{ type: "done" }];
        case "error":
          return [{ type: "failure", failure: failureFrom({ status: null, ...errorOf(event), retryAfterSeconds: null }) }];
        default:
          return [];
      }
    },
    whole: (payload) => {
      const body = object(payload);
      if (body === null) return [];
      if (body["type"] === "error") {
        return [{ type: "failure", failure: failureFrom({ status: null, ...errorOf(body), retryAfterSeconds: null }) }];
      }
      const contents = list(body["content"]).map((block, index) => opened(index, object(block) ?? {}, calls).concat(close(index)));
      return [...start(body), ...contents.flat(), ...finished(body["stop_reason"])];
    },
  };
}

type OpenCall = { readonly id: string; readonly name: string; arguments: string };

function opened(index: unknown, block: Json, calls: Map<unknown, OpenCall>): ReadEvent[] {
  const name = text(block["name"]);
  if (block["type"] === "tool_use" && name !== null) {
    const input = object(block["input"]) ?? {};
    const given = Object.keys(input).length === 0 ? "" : JSON.stringify(input);
    calls.set(index, { id: text(block["id"]) ?? newToolCallId(), name, arguments: given });
  }
  return [...words(block["text"]), ...thoughts(block["thinking"])];
}

function continued(delta: Json, call: OpenCall | undefined): ReadEvent[] {
  if (delta["type"] === "input_json_delta" && call !== undefined) call.arguments += text(delta["partial_json"]) ?? "";
  return [...words(delta["text"]), ...thoughts(delta["thinking"])];
}

function words(value: unknown): ReadEvent[] {
  const piece = text(value);
  return piece === null ? [] : [{ type: "text", text: piece }];
}

function thoughts(value: unknown): ReadEvent[] {
  const piece = text(value);
  return piece === null ? [] : [{ type: "reasoning", octets: Buffer.byteLength(piece) }];
}

const FINISH: Readonly<Record<string, FinishReason>> = Object.assign(Object.create(null), {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
});

function finished(value: unknown): ReadEvent[] {
  const reason = text(value);
  return reason === null ? [] : [{ type: "finish", reason: FINISH[reason] ?? "other" }];
}

function figuresOf(usage: Json): Figures {
  const all = passesOf(usage);
  return {
    input: added(all, "input_tokens"),
    cacheRead: added(all, "cache_read_input_tokens"),
    cacheWrite: added(all, "cache_creation_input_tokens"),
    cacheWriteShort: detail(usage["cache_creation"], "ephemeral_5m_input_tokens"),
    cacheWriteHour: detail(usage["cache_creation"], "ephemeral_1h_input_tokens"),
    output: added(all, "output_tokens"),
    reasoning: detail(usage["output_tokens_details"], "thinking_tokens"),
  };
}

/**
 * The passes that a call was made of. With compaction the block itself leaves that pass out, so the passes are added up; where another
 * model stepped in, the block is right. A pass of an adviser is billed apart, at a price of its own.
 */
function passesOf(usage: Json): readonly Json[] {
  const passes = list(usage["iterations"])
    .map(object)
    .filter((pass) => pass !== null);
  const kinds = new Set(passes.map((pass) => pass["type"]));
  if (!kinds.has("compaction") || kinds.has("fallback_message")) return [usage];
  return passes.filter((pass) => pass["type"] === "compaction" || pass["type"] === "message");
}

/** The sum over the passes; a figure that is no number stays what it is, so that it is seen as a fault. */
function added(passes: readonly Json[], name: string): unknown {
  const figures = passes.map((pass) => pass[name]).filter((figure) => figure !== null && figure !== undefined);
  const odd = figures.find((figure) => typeof figure !== "number" || figure < 0);
  if (odd !== undefined || figures.length === 0) return odd;
  return figures.reduce((sum: number, figure) => sum + (typeof figure === "number" ? figure : 0), 0);
}

/** The failure behind a refusal of this dialect. */
export function anthropicRefusal(status: number, body: unknown, retryAfterSeconds: number | null): Failure {
  return failureFrom({ status, ...errorOf(object(body) ?? {}), retryAfterSeconds });
}

function errorOf(body: Json): { codes: string[]; words: string } {
  const error = object(body["error"]) ?? {};
  const said = [error["type"], member(error["details"], "error_code")];
  return { codes: said.filter((code): code is string => typeof code === "string"), words: text(error["message"]) ?? "" };
}
