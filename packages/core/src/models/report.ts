// Usage as a provider reports it, in one form for all of them. Owns the reading of untrusted figures: what is inside what, what contradicts
// itself, what cannot be. It estimates nothing and knows no price: what is missing or impossible is null here, and metering's to judge.

import { amount, format, parseDecimal } from "@pantheon/contract/money.ts";

/**
 * Token counts of one call. Each is a whole number, zero or more, or null when the provider did not say it or said what cannot be; one
 * that is much too large is bounded, and a fault. The four classes of input count each token once, whatever the provider's own habit.
 */
export type UsageReport = {
  /** Input that was neither read from a cache nor written to one. */
  readonly fresh: number | null;
  readonly cacheRead: number | null;
  /** Written to a cache for five minutes (or for a time that was not said), and for an hour. */
  readonly cacheWrite: number | null;
  readonly cacheWriteHour: number | null;
  /** All output, reasoning included. */
  readonly output: number | null;
  /** The part of `output` that was reasoning. */
  readonly reasoning: number | null;
  /** fresh + cacheRead + cacheWrite + cacheWriteHour + output; null when fresh or output is. */
  readonly total: number | null;
  /** USD as a plain decimal, where the provider gives a credible figure. */
  readonly providerCostUsd: string | null;
  /** What could not be true about the tokens, for a log line. Empty when the block was sound. */
  readonly faults: readonly Fault[];
};

/** `surplus`: a total above all of its parts, so that some of it was told nowhere (thoughts, most often). */
export type Fault = "input" | "cache_read" | "cache_write" | "output" | "reasoning" | "total" | "surplus";

/** The figures of a provider's blocks under neutral names, untrusted: whatever stood in the field. */
export type Figures = {
  readonly input?: unknown;
  /** Input that is counted beside `input`, such as the prompts of the provider's own tools. */
  readonly moreInput?: unknown;
  readonly cacheRead?: unknown;
  /** All that was written, and the parts of it by how long they are kept. */
  readonly cacheWrite?: unknown;
  readonly cacheWriteShort?: unknown;
  readonly cacheWriteHour?: unknown;
  readonly output?: unknown;
  readonly reasoning?: unknown;
  readonly total?: unknown;
  /** USD. */
  readonly cost?: unknown;
  /** USD that another bills us for the same call, to be added to `cost`. */
  readonly costElsewhere?: unknown;
  /** Ten thousand millions to the dollar. */
  readonly costTicks?: unknown;
};

/** A provider's habits, as far as a block itself does not show them. */
export type UsageShape = {
  readonly cache: "inside" | "beside" | "beside when larger";
  readonly reasoning: "inside" | "beside";
  /** A count of zero is left out of the block. */
  readonly omitsZero: boolean;
};

/** The figures with what one more block of the same answer adds: the last one that is there counts, field by field; nothing is added up. */
export function withFigures(before: Figures, block: Figures): Figures {
  const after: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(block)) if (value !== null && value !== undefined) after[name] = value;
  return after;
}

/** The report that these figures make. Null when there is none at all: such a usage is unknown, not zero. */
export function reportOf(figures: Figures, shape: UsageShape): UsageReport | null {
  if (Object.values(figures).every((value) => value === null || value === undefined)) return null;
  const faults = new Set<Fault>();
  const read = (fault: Fault, value: unknown): number | null => count(value, () => faults.add(fault));
  const said: Said = {
    input: plus(read("input", figures.input), read("input", figures.moreInput)),
    cacheRead: read("cache_read", figures.cacheRead),
    ...written(figures, faults, read),
    output: read("output", figures.output),
    reasoning: read("reasoning", figures.reasoning),
    total: read("total", figures.total),
  };
  const input = inputOf(said, shape, faults);
  const output = outputOf(said, input.wholes, shape, faults);
  const { cacheRead, cacheWrite, cacheWriteHour } = input;
  const known = input.fresh === null || output.output === null ? null : input.fresh + output.output;
  return {
    fresh: input.fresh,
    cacheRead,
    cacheWrite,
    cacheWriteHour,
    output: output.output,
    reasoning: output.reasoning,
    total: known === null ? null : known + (cacheRead ?? 0) + (cacheWrite ?? 0) + (cacheWriteHour ?? 0),
    providerCostUsd: costOf(figures),
    faults: [...faults],
  };
}

type Count = number | null;
type Written = { readonly cacheWrite: Count; readonly cacheWriteHour: Count };
type Said = Written & {
  readonly input: Count;
  readonly cacheRead: Count;
  readonly output: Count;
  readonly reasoning: Count;
  readonly total: Count;
};

const MOST_TOKENS = 1_000_000_000; // a thousand times the largest window; so no sum of a few can lose a digit

function count(value: unknown, fault: () => void): Count {
  if (value === null || value === undefined) return null;
  const isCount = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  if (isCount && value <= MOST_TOKENS) return value + 0; // −0 becomes 0
  fault();
  return isCount ? MOST_TOKENS : null; // much too much is much, and not unknown
}

/** The input itself is needed; what is counted beside it may be left out. */
function plus(input: Count, more: Count): Count {
  return input === null ? null : input + (more ?? 0);
}

/**
 * What was written, by how long it is kept. The parts may be older than the whole (Anthropic tells them at the start only), so what
 * the whole has beyond them counts as kept for the shorter time.
 */
function written(figures: Figures, faults: Set<Fault>, read: (fault: Fault, value: unknown) => Count): Written {
  const whole = read("cache_write", figures.cacheWrite);
  const short = read("cache_write", figures.cacheWriteShort);
  const hour = read("cache_write", figures.cacheWriteHour);
  if (whole === null) return { cacheWrite: short, cacheWriteHour: hour };
  if ((short ?? 0) + (hour ?? 0) > whole) faults.add("cache_write");
  const forAnHour = hour === null ? null : Math.min(hour, whole);
  return { cacheWrite: whole - (forAnHour ?? 0), cacheWriteHour: forAnHour };
}

type Input = Written & {
  readonly fresh: Count;
  readonly cacheRead: Count;
  /** What a total may have counted as the input. */
  readonly wholes: readonly number[];
};

function inputOf(said: Said, shape: UsageShape, faults: Set<Fault>): Input {
  const { input, cacheRead, cacheWrite, cacheWriteHour } = said;
  if (input === null) return { fresh: null, cacheRead, cacheWrite, cacheWriteHour, wholes: [] };
  const cached = (cacheRead ?? 0) + (cacheWrite ?? 0) + (cacheWriteHour ?? 0);
  const both = input + cached;
  if (shape.cache === "beside") return { fresh: input, cacheRead, cacheWrite, cacheWriteHour, wholes: [both] };
  if (cached <= input) return { fresh: input - cached, cacheRead, cacheWrite, cacheWriteHour, wholes: [input] };
  if (shape.cache === "beside when larger" || adds(said, both)) {
    return { fresh: input, cacheRead, cacheWrite, cacheWriteHour, wholes: [input, both] };
  }
  let left = input;
  const within = (fault: Fault, part: Count): Count => {
    if (part === null) return null;
    const fits = Math.min(part, left);
    if (fits < part) faults.add(fault);
    left -= fits;
    return fits;
  };
  const read = within("cache_read", cacheRead);
  const short = within("cache_write", cacheWrite);
  const hour = within("cache_write", cacheWriteHour);
  return { fresh: left, cacheRead: read, cacheWrite: short, cacheWriteHour: hour, wholes: [input] };
}

function adds({ output, reasoning, total }: Said, input: number): boolean {
  return total !== null && output !== null && (total === input + output || total === input + output + (reasoning ?? 0));
}

/** The total says whether reasoning lies inside the output or beside it; without one, the provider's habit does. */
function outputOf(said: Said, wholes: readonly number[], shape: UsageShape, faults: Set<Fault>): { output: Count; reasoning: Count } {
  const { reasoning, total } = said;
  const output = said.output ?? (shape.omitsZero && wholes.some((whole) => total === whole + (reasoning ?? 0)) ? 0 : null);
  if (output === null) return { output: null, reasoning };
  const isSum = (parts: number): boolean => wholes.some((whole) => total === whole + parts);
  let place = shape.reasoning;
  if (total !== null && wholes.length > 0) {
    if (isSum(output + (reasoning ?? 0)) && shape.reasoning === "beside") place = "beside";
    else if (isSum(output)) place = "inside";
    else if (isSum(output + (reasoning ?? 0))) place = "beside";
    else faults.add(wholes.every((whole) => total > whole + output + (reasoning ?? 0)) ? "surplus" : "total");
  }
  if (place === "beside") return { output: output + (reasoning ?? 0), reasoning };
  if (reasoning !== null && reasoning > output) faults.add("reasoning");
  return { output, reasoning: reasoning === null ? null : Math.min(reasoning, output) };
}

const MOST_COST = amount("10000"); // USD: no single call costs that, and a column holds twelve digits before the point
const USD_PER_TICK = amount("0.0000000001");

function costOf({ cost, costElsewhere, costTicks }: Figures): string | null {
  const own = usd(cost) ?? ticks(costTicks);
  if (own === null || costElsewhere === null || costElsewhere === undefined) return own === null ? null : format(own);
  const other = usd(costElsewhere);
  return other === null ? null : format(own.plus(other));
}

/** A JSON number as the shortest decimal that names it, or a decimal in a string. */
function usd(value: unknown) {
  const text = typeof value === "number" && Number.isFinite(value) ? amount(String(value)).toFixed() : value;
  if (typeof text !== "string") return null;
  const figure = typeof value === "number" ? amount(text) : parseDecimal(text, 17);
  return figure !== null && figure.gte(amount("0")) && figure.lte(MOST_COST) ? figure : null;
}

function ticks(value: unknown) {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return null;
  const figure = amount(String(value)).times(USD_PER_TICK);
  return figure.gte(amount("0")) && figure.lte(MOST_COST) ? figure : null;
}
