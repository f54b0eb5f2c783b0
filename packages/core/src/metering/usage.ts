// Usage: what a provider reported of a call, turned into token counts that may be billed. Owns the judgement of what is possible.
// It knows no price and no wallet, and it never throws: a turn that was answered must be settled whatever the report looks like.

import type { UsageSource } from "@pantheon/contract/vocabulary.ts";
import type { Fault, UsageReport } from "../models/report.ts";

/** What the caller knows of the call. Every figure is a whole number of tokens, zero or more. */
export type UsageBounds = {
  /** Input and output as estimated from what was sent and received (estimate.ts). */
  readonly inputEstimate: number;
  readonly outputEstimate: number;
  /** What the hold covers: no guess of ours goes above it. */
  readonly maxInput: number;
  readonly maxOutput: number;
  /** What a provider may report of this model: more is clamped to it (models/models.ts). */
  readonly credibleInput: number;
  readonly credibleOutput: number;
  /** The answer broke off, so a report can only be an interim count. */
  readonly cut: boolean;
};

/** Token counts in the classes of contract section 2: safe integers, zero or more. `reasoning` is a part of `output`. */
export type Usage = {
  /** All input that was not read from a cache: what was written to one is fresh input too. */
  readonly fresh: number;
  readonly cached: number;
  /** The parts of `fresh` that were written to a cache, for minutes and for an hour: they have a list price of their own. */
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly output: number;
  readonly reasoning: number;
  /** fresh + cached + output. */
  readonly total: number;
  readonly source: UsageSource;
  /** The figures that could not be true, for a log line. Empty when the report was sound, and when there was none. */
  readonly faults: readonly Fault[];
};

/**
 * Judges a report, each figure for itself. A sound one is taken as it is, also above the hold. One that is missing or impossible in kind
 * is replaced by our estimate, which never goes above what the hold covers (contract section 2). One that is too large is clamped: the
 * parts to their whole, input and output to what is credible, and not to the hold, since a guess that is ours is no better than a figure
 * that is nearly right. Parts that are more than their own total are not believed above the hold; a total that is more than its parts denies none of
 * them, and what it has beyond them is billed to nobody, since nobody said what it was. Each of these makes the usage
 * `estimated`, as does an answer that broke off (contract section 3). No report (null) is unknown, not zero; an explicit zero is zero.
 * Cache and reasoning that are not reported are 0.
 */
export function normaliseUsage(report: UsageReport | null, bounds: UsageBounds): Usage {
  const own = { input: Math.min(bounds.inputEstimate, bounds.maxInput), output: Math.min(bounds.outputEstimate, bounds.maxOutput) };
  if (report === null) return usageOf({ ...own, cached: 0, cacheWrite: 0, cacheWriteHour: 0, reasoning: 0 }, "estimated", new Set());
  const faults = new Set(report.faults);
  const within = (fault: Fault, figure: number | null, limit: number, otherwise: number): number => {
    if (figure === null || figure > limit) faults.add(fault);
    return Math.min(figure ?? otherwise, figure === null ? Infinity : limit);
  };
  const asked = within("input", inputOf(report), bounds.credibleInput, own.input);
  const answered = within("output", finalOutput(report, bounds), bounds.credibleOutput, own.output);
  // When the parts are sound and their total is smaller, one of them is wrong, and nobody knows which.
  const isBelieved = !faults.has("total") || faults.has("input") || faults.has("output");
  const input = isBelieved ? asked : Math.min(asked, bounds.maxInput);
  const output = isBelieved ? answered : Math.min(answered, bounds.maxOutput);
  const cached = within("cache_read", report.cacheRead ?? 0, input, 0);
  const cacheWrite = within("cache_write", report.cacheWrite ?? 0, input - cached, 0);
  const cacheWriteHour = within("cache_write", report.cacheWriteHour ?? 0, input - cached - cacheWrite, 0);
  const reasoning = within("reasoning", report.reasoning ?? 0, output, 0);
  const source = faults.size > 0 || bounds.cut ? "estimated" : "reported";
  return usageOf({ input, cached, cacheWrite, cacheWriteHour, output, reasoning }, source, faults);
}

function inputOf({ fresh, cacheRead, cacheWrite, cacheWriteHour }: UsageReport): number | null {
  return fresh === null ? null : fresh + (cacheRead ?? 0) + (cacheWrite ?? 0) + (cacheWriteHour ?? 0);
}

/** An interim count of zero beside an answer that was received says "not counted yet": such an output is unknown, not free. */
function finalOutput({ output }: UsageReport, bounds: UsageBounds): number | null {
  const interim = bounds.cut && output === 0 && bounds.outputEstimate > 0;
  return interim ? null : output;
}

type Counts = { input: number; cached: number; cacheWrite: number; cacheWriteHour: number; output: number; reasoning: number };

const FAULTS: readonly Fault[] = ["input", "output", "cache_read", "cache_write", "reasoning", "total", "surplus"];

function usageOf({ input, output, cached, ...parts }: Counts, source: Usage["source"], faults: ReadonlySet<Fault>): Usage {
  return {
    ...parts,
    fresh: input - cached,
    cached,
    output,
    total: input + output,
    source,
    faults: FAULTS.filter((one) => faults.has(one)),
  };
}
