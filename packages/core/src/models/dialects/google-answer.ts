// Reads answers, usage and refusals of Google's Gemini API. Nothing in them is trusted.

import type { AnswerReader } from "../dialect.ts";
import { believed, failureFrom, failureOf, type Failure } from "../failure.ts";
import { errorStatus, list, member, object, text, type Json } from "../json.ts";
import { naming } from "../naming.ts";
import { reportOf, withFigures, type Figures, type UsageShape } from "../report.ts";
import type { FinishReason, ReadEvent } from "../request.ts";
import { newToolCallId } from "../tool-calls.ts";

/** Thoughts stand beside the candidates, but where the total says otherwise. Counts of zero are left out. */
const SHAPE: UsageShape = { cache: "inside", reasoning: "beside", omitsZero: true };

/** A reader of one answer. Every chunk is a small answer of its own, so a whole one is read in the same way. */
export function googleReader(): AnswerReader {
  let figures: Figures = {};
  let called = false;
  const named = naming();

  const usage = (block: unknown): ReadEvent[] => {
    const known = object(block);
    if (known === null) return [];
    figures = withFigures(figures, figuresOf(known));
    const report = reportOf(figures, SHAPE);
    return report === null ? [] : [{ type: "usage", report }];
  };
  const read = (payload: unknown): ReadEvent[] => {
    const chunk = object(payload);
    if (chunk === null) return [];
    const error = object(chunk["error"]);
    if (error !== null) return [{ type: "failure", failure: failureIn(error, errorStatus(error["code"]), null) }];
    const candidate = object(list(chunk["candidates"])[0]);
    const parts = list(member(candidate?.["content"], "parts")).flatMap(partOf);
    called ||= parts.some(({ type }) => type === "tool_call");
    return [
      ...named(text(chunk["responseId"]), text(chunk["modelVersion"])),
      ...usage(chunk["usageMetadata"]),
      ...parts,
      ...refused(chunk["promptFeedback"]),
      ...finished(candidate?.["finishReason"], called),
    ];
  };
  return { event: read, whole: read };
}

function partOf(value: unknown): ReadEvent[] {
  const part = object(value);
  const words = text(part?.["text"]);
  if (words !== null)
    return [part?.["thought"] === true ? { type: "reasoning", octets: Buffer.byteLength(words) } : { type: "text", text: words }];
  const call = object(part?.["functionCall"]);
  const name = text(call?.["name"]);
  if (name === null) return [];
  const signature = text(part?.["thoughtSignature"]);
  const made = { id: text(call?.["id"]) ?? newToolCallId(), name, arguments: JSON.stringify(object(call?.["args"]) ?? {}) };
  return [{ type: "tool_call", call: signature === null ? made : { ...made, signature: { provider: "google", value: signature } } }];
}

/** A prompt that is blocked has no candidate at all, and a status of 200. */
function refused(feedback: unknown): ReadEvent[] {
  return text(member(feedback, "blockReason")) === null ? [] : [{ type: "failure", failure: failureOf("content_filter") }];
}

const FINISH: Readonly<Record<string, FinishReason>> = Object.assign(Object.create(null), {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  IMAGE_SAFETY: "content_filter",
});

function finished(value: unknown, called: boolean): ReadEvent[] {
  const reason = text(value);
  if (reason === null || reason === "FINISH_REASON_UNSPECIFIED") return [];
  const known = FINISH[reason] ?? "other";
  return [{ type: "finish", reason: known === "stop" && called ? "tool_calls" : known }];
}

function figuresOf(usage: Json): Figures {
  return {
    input: usage["promptTokenCount"],
    moreInput: usage["toolUsePromptTokenCount"],
    cacheRead: usage["cachedContentTokenCount"],
    output: usage["candidatesTokenCount"],
    reasoning: usage["thoughtsTokenCount"],
    total: usage["totalTokenCount"],
  };
}

/** The failure behind a refusal of this dialect. */
export function googleRefusal(status: number, body: unknown, retryAfterSeconds: number | null): Failure {
  return failureIn(object(member(body, "error")) ?? {}, status, retryAfterSeconds);
}

/** A quota that is used up for good names no time after which to try again. */
function failureIn(error: Json, status: number | null, asked: number | null): Failure {
  const details = list(error["details"]);
  const delay = details.map((detail) => DELAY.exec(text(member(detail, "retryDelay")) ?? "")?.[1]).find((seconds) => seconds !== undefined);
  const retryAfterSeconds = asked ?? (delay === undefined ? null : believed(Number(delay)));
  const isUsedUp = retryAfterSeconds === null && details.some((detail) => text(member(detail, "@type"))?.endsWith(".QuotaFailure"));
  const said = [error["status"], isUsedUp ? "insufficient_quota" : null];
  const codes = said.filter((code): code is string => typeof code === "string");
  return failureFrom({ status, codes, words: text(error["message"]) ?? "", retryAfterSeconds });
}

const DELAY = /^(\d{1,9}(?:\.\d{1,9})?)s$/;
