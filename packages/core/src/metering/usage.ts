// Usage: what a provider says a call used, turned into token counts that may be billed. Owns the judgement of what is possible.
// It knows no price and no wallet, and it never throws: a turn that was answered must be settled whatever the usage block looks like.

import type { UsageSource } from "@pantheon/contract/vocabulary.ts";

/** The usage block of an OpenAI-compatible provider, as it came. Every figure is untrusted until `normaliseUsage` has read it. */
export type RawUsage = {
  readonly prompt_tokens?: unknown;
  readonly completion_tokens?: unknown;
  readonly total_tokens?: unknown;
  readonly prompt_tokens_details?: unknown;
  readonly completion_tokens_details?: unknown;
};

/** What the caller knows of the call. Every figure is a whole number of tokens, zero or more. */
export type UsageBounds = {
  /** Input and output as estimated from the text that was sent and received. */
  readonly inputEstimate: number;
  readonly outputEstimate: number;
  /** What the hold covers: no guess of ours goes above it. */
  readonly maxInput: number;
  readonly maxOutput: number;
  /** What a provider may report of this model: more is clamped to it (llm/models.ts). */
  readonly credibleInput: number;
  readonly credibleOutput: number;
  /** The answer broke off, so a usage block can only be an interim count. */
  readonly cut: boolean;
};

/** Token counts in the classes of contract section 2: safe integers, zero or more. `reasoning` is a part of `output`. */
export type Usage = {
  readonly fresh: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
  /** fresh + cached + output. */
  readonly total: number;
  readonly source: UsageSource;
  /** The fields that could not be true, for a log line. Empty when the block was sound, and when there was none. */
  readonly faults: readonly string[];
};

/**
 * Reads a usage block, each figure for itself. A sound one is taken as it is, also above the hold. One that is impossible in kind
 * (absent, negative, a fraction, no number) is replaced by our estimate, which never goes above what the hold covers (contract
 * section 2). One that is too large is clamped: cached to input, reasoning to output, input and output to what is credible, and not to
 * the hold, since a guess that is ours is no better than a figure that is nearly right. Parts that contradict their own total are not
 * believed above the hold. Each of these makes the usage `estimated`, as does an answer that broke off (contract section 3).
 * No block (null) is unknown, not zero; an explicit zero is zero. `cached_tokens` and `reasoning_tokens` that are absent or null are 0.
 */
export function normaliseUsage(raw: RawUsage | null, bounds: UsageBounds): Usage {
  const own = { input: Math.min(bounds.inputEstimate, bounds.maxInput), output: Math.min(bounds.outputEstimate, bounds.maxOutput) };
  if (!isBlock(raw)) return usageOf({ ...own, cached: 0, reasoning: 0 }, "estimated", []);
  const faults: string[] = [];
  const read = (field: string, value: unknown, estimate: number, limit: number): number => {
    const figure = isCount(value) ? Math.max(0, Math.min(value, limit)) : estimate;
    if (figure !== value) faults.push(field);
    return figure;
  };
  const asked = read("prompt_tokens", raw.prompt_tokens, own.input, bounds.credibleInput);
  const answered = read("completion_tokens", finalOutput(raw, bounds), own.output, bounds.credibleOutput);
  const isContrary = contradictsTotal(raw);
  const isBelieved = !isContrary || faults.length > 0; // else one of the two is wrong, and nobody knows which
  const input = isBelieved ? asked : Math.min(asked, bounds.maxInput);
  const output = isBelieved ? answered : Math.min(answered, bounds.maxOutput);
  const cached = read("cached_tokens", part(raw.prompt_tokens_details, "cached_tokens"), 0, input);
  const reasoning = read("reasoning_tokens", part(raw.completion_tokens_details, "reasoning_tokens"), 0, output);
  if (isContrary) faults.push("total_tokens");
  return usageOf({ input, cached, output, reasoning }, faults.length > 0 || bounds.cut ? "estimated" : "reported", faults);
}

type Counts = { input: number; cached: number; output: number; reasoning: number };

function isBlock(raw: RawUsage | null): raw is RawUsage {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** An interim count of zero beside text that was received says "not counted yet": such an output is unknown, not free. */
function finalOutput(raw: RawUsage, bounds: UsageBounds): unknown {
  const interim = bounds.cut && raw.completion_tokens === 0 && bounds.outputEstimate > 0;
  return interim ? undefined : raw.completion_tokens;
}

/** A figure of a details block; providers that do not keep one leave it out, or say null, at either level. */
function part(details: unknown, field: string): unknown {
  if (details === undefined || details === null) return 0;
  const value: unknown = typeof details === "object" ? Reflect.get(details, field) : details;
  return value ?? 0;
}

/** The total is never billed, but one that is not the sum of two sound parts means that some figure of the block is wrong. */
function contradictsTotal(raw: RawUsage): boolean {
  if (raw.total_tokens === undefined || raw.total_tokens === null) return false;
  if (!isCount(raw.total_tokens)) return true;
  if (!isCount(raw.prompt_tokens) || !isCount(raw.completion_tokens)) return false;
  return raw.total_tokens !== raw.prompt_tokens + raw.completion_tokens;
}

function usageOf({ input, cached, output, reasoning }: Counts, source: Usage["source"], faults: readonly string[]): Usage {
  return { fresh: input - cached, cached, output, reasoning, total: input + output, source, faults };
}
