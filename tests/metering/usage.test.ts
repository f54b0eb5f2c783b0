// What a provider reports is billed only as far as it can be true, and nothing it reports can break a settle.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inputEstimate, outputEstimate } from "@pantheon/core/metering/estimate.ts";
import { normaliseUsage } from "@pantheon/core/metering/usage.ts";
import type { Usage, UsageBounds } from "@pantheon/core/metering/usage.ts";
import { openAiReader } from "@pantheon/core/models/dialects/openai-answer.ts";
import type { UsageReport } from "@pantheon/core/models/report.ts";
import { givenRoute } from "../support/given-call.ts";

const BOUNDS: UsageBounds = {
  inputEstimate: 90,
  outputEstimate: 40,
  maxInput: 120,
  maxOutput: 50,
  credibleInput: 1_000,
  credibleOutput: 500,
  cut: false,
};

type Raw = Readonly<Record<string, unknown>>;

/** The neutral report of a block, as the first route's dialect reads it. */
function reported(raw: unknown): UsageReport | null {
  const events = openAiReader(givenRoute("openrouter")).event({ usage: raw });
  return events.flatMap((event) => (event.type === "usage" ? [event.report] : []))[0] ?? null;
}

/** A block with these figures; `undefined` leaves a field out. */
function block(prompt: unknown, completion: unknown, cached?: unknown, reasoning?: unknown, total?: unknown): Raw {
  return {
    ...(prompt === undefined ? {} : { prompt_tokens: prompt }),
    ...(completion === undefined ? {} : { completion_tokens: completion }),
    ...(total === undefined ? {} : { total_tokens: total }),
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

type Row = readonly [
  name: string,
  raw: Raw | null,
  expected: readonly [fresh: number, cached: number, output: number, reasoning: number],
  faults?: readonly string[],
  bounds?: Partial<UsageBounds>,
];

const REPORTED: Row[] = [
  ["a plain block", block(100, 10), [100, 0, 10, 0]],
  ["a block with a right total", block(100, 10, 60, 4, 110), [40, 60, 10, 4]],
  ["everything cached", block(100, 10, 100), [0, 100, 10, 0]],
  ["reasoning only", block(100, 10, 0, 10), [100, 0, 10, 10]],
  ["explicit zeros", block(0, 0, 0, 0, 0), [0, 0, 0, 0]],
  ["no output", block(100, 0), [100, 0, 0, 0]],
  ["details that are null", { ...block(100, 10), prompt_tokens_details: null, completion_tokens_details: null }, [100, 0, 10, 0]],
  ["details without the figures", { ...block(100, 10), prompt_tokens_details: {}, completion_tokens_details: {} }, [100, 0, 10, 0]],
  ["parts that are null", block(100, 10, null, null), [100, 0, 10, 0]],
  ["a total that is null", block(100, 10, 0, 0, null), [100, 0, 10, 0]],
  ["more than the hold, which is charged in full", block(600, 400), [600, 0, 400, 0]],
  ["exactly what is credible", block(1_000, 500), [1_000, 0, 500, 0]],
  ["negative zeros", block(-0, -0, -0, -0), [0, 0, 0, 0]],
];

const ESTIMATED: Row[] = [
  ["no block", null, [90, 0, 40, 0]],
  ["a cut answer with a block", block(100, 10), [100, 0, 10, 0], [], { cut: true }],
  ["a cut answer without text, zero output", block(100, 0), [100, 0, 0, 0], [], { cut: true, outputEstimate: 0 }],
  ["a cut answer with figures above the hold, which are no guess of ours", block(600, 400), [600, 0, 400, 0], [], { cut: true }],
  ["no block after a cut", null, [90, 0, 40, 0], [], { cut: true }],
  ["no block, estimates above the hold", null, [120, 0, 50, 0], [], { inputEstimate: 5_000, outputEstimate: 5_000 }],
  ["an empty block", {}, [90, 0, 40, 0]],
  ["no input", block(undefined, 10), [90, 0, 10, 0], ["input"]],
  ["no output", block(100, undefined), [100, 0, 40, 0], ["output"]],
  ["negative input", block(-1, 10), [90, 0, 10, 0], ["input"]],
  ["negative output", block(100, -1), [100, 0, 40, 0], ["output"]],
  ["negative cached", block(100, 10, -50), [100, 0, 10, 0], ["cache_read"]],
  ["negative reasoning", block(100, 10, 0, -3), [100, 0, 10, 0], ["reasoning"]],
  ["a fraction", block(100, 1.5), [100, 0, 40, 0], ["output"]],
  ["a text", block("100", 10), [90, 0, 10, 0], ["input"]],
  ["the text NaN", block(100, "NaN"), [100, 0, 40, 0], ["output"]],
  ["NaN", block(Number.NaN, 10), [90, 0, 10, 0], ["input"]],
  ["1e400", block(100, Number.POSITIVE_INFINITY), [100, 0, 40, 0], ["output"]],
  ["null figures", block(null, null, 0), [90, 0, 40, 0], ["input", "output"]],
  ["a list and a truth", block([100], true), [90, 0, 40, 0], ["input", "output"]],
  ["cached above input", block(100, 10, 101), [0, 100, 10, 0], ["cache_read"]],
  ["cached of no input", block(0, 10, 5), [0, 0, 10, 0], ["cache_read"]],
  ["cached as a text", block(100, 10, "60"), [100, 0, 10, 0], ["cache_read"]],
  ["details as a list", { ...block(100, 10), completion_tokens_details: [1] }, [100, 0, 10, 0], ["reasoning"]],
  ["details as a text", { ...block(100, 10), prompt_tokens_details: "none" }, [100, 0, 10, 0], ["cache_read", "cache_write"]],
  ["reasoning above output", block(100, 10, 0, 11), [100, 0, 10, 10], ["reasoning"]],
  ["input above what is credible", block(1_001, 10), [1_000, 0, 10, 0], ["input"]],
  ["output above what is credible", block(100, 501), [100, 0, 500, 0], ["output"]],
  ["both above what is credible, cached too", block(9e15, 9e15, 8e15), [0, 1_000, 500, 0], ["input", "output", "cache_read"]],
  ["output above what is credible beside input above the hold", block(600, 501), [600, 0, 500, 0], ["output"]],
  ["past the safe integers", block(2 ** 60, 10), [90, 0, 10, 0], ["input"]],
  ["a fault beside more than the hold, which stays", block(600, -1, 500), [100, 500, 40, 0], ["output"]],
  ["a total that is no sum", block(100, 10, 0, 0, 109), [100, 0, 10, 0], ["total"]],
  ["a total above its parts", block(100, 10, 0, 0, 111), [100, 0, 10, 0], ["surplus"]],
  ["surplus beside more than the hold: stays", block(400, 60, 0, 0, 900), [400, 0, 60, 0], ["surplus"]],
  ["no sum, beside more than the hold: caps", block(600, 400, 500, 0, 7), [0, 120, 50, 0], ["cache_read", "total"]],
  ["a total that is a text", block(100, 10, 0, 0, "110"), [100, 0, 10, 0], ["total"]],
  ["a negative total", block(100, 10, 0, 0, -110), [100, 0, 10, 0], ["total"]],
  ["an interim zero of a cut answer", block(100, 0), [100, 0, 40, 0], ["output"], { cut: true }],
];

function read([, raw, , , bounds]: Row): Usage {
  return normaliseUsage(reported(raw), { ...BOUNDS, ...bounds });
}

function expectCounts(usage: Usage, [fresh, cached, output, reasoning]: Row[2]): void {
  expect(usage).toMatchObject({ fresh, cached, output, reasoning, total: fresh + cached + output });
}

describe("a sound usage block is billed as it was reported", () => {
  it.each(REPORTED.map((row) => ({ name: row[0], row })))("$name", ({ row }) => {
    const usage = read(row);
    expectCounts(usage, row[2]);
    expect(usage).toMatchObject({ source: "reported", faults: [] });
  });
});

describe("an absent or impossible usage block is estimated and named, and no guess of ours is above the hold", () => {
  it.each(ESTIMATED.map((row) => ({ name: row[0], row })))("$name", ({ row }) => {
    const usage = read(row);
    expectCounts(usage, row[2]);
    expect(usage).toMatchObject({ source: "estimated", faults: row[3] ?? [] });
  });
});

describe("whatever a provider reports", () => {
  const count = fc.nat({ max: 100_000 });
  const bounds = fc.record({
    inputEstimate: count,
    outputEstimate: count,
    maxInput: count,
    maxOutput: count,
    credibleInput: count,
    credibleOutput: count,
    cut: fc.boolean(),
  });
  const figure = fc.oneof(fc.integer(), fc.double(), fc.nat({ max: 200 }), fc.jsonValue({ maxDepth: 1 }), fc.constant(undefined));
  const nearlyRight = fc.record({
    prompt_tokens: figure,
    completion_tokens: figure,
    total_tokens: figure,
    prompt_tokens_details: fc.oneof(figure, fc.record({ cached_tokens: figure })),
    completion_tokens_details: fc.oneof(figure, fc.record({ reasoning_tokens: figure })),
  });
  const anything: fc.Arbitrary<unknown> = fc.oneof(nearlyRight, fc.jsonValue());

  it("gives whole counts that add up; only what was reported exceeds the hold, and never what is credible", () => {
    fc.assert(
      fc.property(anything, bounds, (raw, limits) => {
        const usage = normaliseUsage(reported(raw), limits);
        for (const tokens of [usage.fresh, usage.cached, usage.output, usage.reasoning, usage.total]) {
          expect(Number.isSafeInteger(tokens) && !Object.is(tokens, -0) && tokens >= 0).toBe(true);
        }
        expect(usage.total).toBe(usage.fresh + usage.cached + usage.output);
        expect(usage.reasoning).toBeLessThanOrEqual(usage.output);
        if (usage.source === "reported") {
          expect(usage.faults).toEqual([]);
          expect(usage.fresh + usage.cached).toBeLessThanOrEqual(limits.credibleInput);
          expect(usage.output).toBeLessThanOrEqual(limits.credibleOutput);
        } else {
          expect(usage.fresh + usage.cached).toBeLessThanOrEqual(mostOf(raw, "prompt_tokens", limits.maxInput));
          expect(usage.output).toBeLessThanOrEqual(mostOf(raw, "completion_tokens", limits.maxOutput));
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

/** The figure of a block where it has one, else what is held. */
function mostOf(raw: unknown, field: string, held: number): number {
  const figure: unknown = typeof raw === "object" && raw !== null ? Reflect.get(raw, field) : null;
  return typeof figure === "number" && figure > held ? figure : held;
}

describe("what was written to a cache", () => {
  const REPORT = {
    cacheWrite: null,
    cacheWriteHour: null,
    cacheRead: null,
    reasoning: null,
    total: null,
    providerCostUsd: null,
    faults: [],
  };

  it("is fresh input, with its parts kept for the list price", () => {
    const report = { ...REPORT, fresh: 10, cacheRead: 20, cacheWrite: 30, cacheWriteHour: 5, output: 7 };
    const expected = { fresh: 45, cached: 20, cacheWrite: 30, cacheWriteHour: 5, output: 7, total: 72, source: "reported" };
    expect(normaliseUsage(report, BOUNDS)).toMatchObject(expected);
  });

  it("is never more than the input that is billed", () => {
    const report = { ...REPORT, fresh: 0, cacheRead: 900, cacheWrite: 900, cacheWriteHour: 9, output: 7 };
    const usage = normaliseUsage(report, BOUNDS);
    expect(usage).toMatchObject({ fresh: 100, cached: 900, cacheWrite: 100, cacheWriteHour: 0, faults: ["input", "cache_write"] });
  });
});

describe("an answer whose provider reported nothing", () => {
  it("is estimated from its text, its reasoning and its tool calls", () => {
    const toolCalls = [{ name: "find", arguments: '{"a":1}' }];
    expect(outputEstimate({ text: "over 😀", reasoningOctets: 4, toolCalls }, 4)).toBe(Math.ceil((9 + 4 + 11) / 4));
    expect([inputEstimate(0, 4), inputEstimate(9, 4), inputEstimate(9, 1.5)]).toEqual([0, 3, 6]);
  });
});
