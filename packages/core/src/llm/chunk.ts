// What a chunk of a streamed answer says beside its text, read from the provider's own JSON. Nothing in it is trusted: what is not
// of the expected kind counts as not said, since the SDK refuses a whole chunk, text and all, for one malformed figure.

import { amount, format } from "@pantheon/contract/money.ts";
import { isContextRefusal } from "./provider-failure.ts";
import { storableText } from "./storable-text.ts";

/** A usage block as it came: an object, whatever it holds. Metering reads it. */
export type ReportedUsage = { readonly [field: string]: unknown };

export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

export type ChunkFacts = {
  readonly id: string | null;
  readonly model: string | null;
  readonly finishReason: FinishReason | null;
  readonly usage: ReportedUsage | null;
  /** USD as a plain decimal. */
  readonly costUsd: string | null;
  /** The provider reports a failure in the middle of the stream; `status` where it gives one. `isContext`: the prompt is too long for it. */
  readonly failure: { readonly status: number | null; readonly isContext: boolean } | null;
};

export const NO_FACTS: ChunkFacts = { id: null, model: null, finishReason: null, usage: null, costUsd: null, failure: null };

/** The facts with what this chunk adds. The last word counts: some providers send a growing usage block with every chunk. */
export function withChunk(facts: ChunkFacts, chunk: unknown): ChunkFacts {
  if (!isRecord(chunk)) return facts;
  const usage = isRecord(chunk["usage"]) ? chunk["usage"] : null;
  return {
    id: name(chunk["id"]) ?? facts.id,
    model: name(chunk["model"]) ?? facts.model,
    finishReason: finishReason(chunk) ?? facts.finishReason,
    usage: usage ?? facts.usage,
    costUsd: cost(usage?.["cost"]) ?? facts.costUsd,
    failure: failure(chunk["error"]) ?? facts.failure,
  };
}

/** The text of a chunk that the SDK refused. */
export function textOf(chunk: unknown): string {
  const delta = firstChoice(chunk)?.["delta"];
  const content = isRecord(delta) ? delta["content"] : null;
  return typeof content === "string" ? content : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstChoice(chunk: unknown): Record<string, unknown> | null {
  const choices = isRecord(chunk) ? chunk["choices"] : null;
  const choice: unknown = Array.isArray(choices) ? choices[0] : null;
  return isRecord(choice) ? choice : null;
}

const MAX_NAME_OCTETS = 200;

/** An id or model name goes into a column, so it is made storable as a text is. */
function name(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? storableText(value, MAX_NAME_OCTETS) : null;
}

const FINISH_REASONS: ReadonlySet<string> = new Set<FinishReason>(["stop", "length", "content_filter", "tool_calls"]);

/** "error" is how a failing answer ends, so it is no end of a good one. */
function finishReason(chunk: Record<string, unknown>): FinishReason | null {
  const reason = firstChoice(chunk)?.["finish_reason"];
  if (typeof reason !== "string" || reason === "" || reason === "error") return null;
  return isKnown(reason) ? reason : "other";
}

function isKnown(reason: string): reason is FinishReason {
  return FINISH_REASONS.has(reason);
}

const MAX_COST_USD = 10_000; // no single call costs that; and the column holds twelve digits before the point

/** A JSON number, read as the shortest decimal that names it. */
function cost(value: unknown): string | null {
  if (typeof value !== "number" || !(value >= 0 && value <= MAX_COST_USD)) return null;
  return format(amount(String(value)));
}

function failure(error: unknown): ChunkFacts["failure"] {
  if (error === undefined || error === null) return null;
  const code = isRecord(error) ? error["code"] : null;
  const isContext = isContextRefusal(JSON.stringify(error));
  return { isContext, status: typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599 ? code : null };
}
