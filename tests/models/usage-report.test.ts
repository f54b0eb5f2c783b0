// The neutral usage report over whatever a provider may send: no class is ever negative, the classes make the total, and a block that is
// repeated, or counted up in interim ones, changes nothing.

import fc from "fast-check";
import { expect, test } from "vitest";
import { googleReader } from "@pantheon/core/models/dialects/google-answer.ts";
import { anthropicReader } from "@pantheon/core/models/dialects/anthropic-answer.ts";
import { openAiReader } from "@pantheon/core/models/dialects/openai-answer.ts";
import { reportOf, withFigures, type Figures, type UsageReport, type UsageShape } from "@pantheon/core/models/report.ts";
import { givenRoute } from "../support/given-call.ts";

const RUNS = { numRuns: 4_000 };

const shape: fc.Arbitrary<UsageShape> = fc.record({
  cache: fc.constantFrom("inside", "beside", "beside when larger"),
  reasoning: fc.constantFrom("inside", "beside"),
  omitsZero: fc.boolean(),
});

/** Small counts, so that they often add up, and everything that is none. */
const figure: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: fc.nat(40) },
  { weight: 1, arbitrary: fc.constantFrom(null, undefined, -1, -0, 1.5, "12", Number.NaN, Infinity, 9e15, 2 ** 53, true, [], {}) },
  { weight: 1, arbitrary: fc.anything() },
);
const FIELDS = ["input", "moreInput", "cacheRead", "cacheWrite", "cacheWriteShort", "cacheWriteHour", "output", "reasoning", "total"];
const COSTS = ["cost", "costElsewhere", "costTicks"];
const figures: fc.Arbitrary<Figures> = fc.record(Object.fromEntries([...FIELDS, ...COSTS].map((name) => [name, figure])), {
  requiredKeys: [],
});

test("no class is negative or a fraction, and the classes make the total", () => {
  expect(
    counterexample(
      fc.property(figures, shape, (given, habit) => sound(reportOf(given, habit))),
      RUNS,
    ),
  ).toBeNull();
});

test("what is missing is null and not zero, and what is impossible is a fault", () => {
  expect(
    counterexample(
      fc.property(figures, shape, (given: Figures, habit: UsageShape): void => {
        const report = reportOf(given, { ...habit, omitsZero: false });
        if (report === null) return;
        if (!isCount(given.input)) expect(report.fresh).toBeNull();
        if (!isCount(given.output)) expect([report.output, report.total]).toEqual([null, null]);
        if (!isNothing(given.input) && !isCount(given.input)) expect(report.faults).toContain("input");
        if (!isNothing(given.output) && !isCount(given.output)) expect(report.faults).toContain("output");
        if (isNothing(given.cacheRead)) expect(report.cacheRead).toBeNull();
        if (isNothing(given.reasoning)) expect(report.reasoning).toBeNull();
      }),
      RUNS,
    ),
  ).toBeNull();
});

test("a sound block, with its total, comes to exactly its tokens wherever cache and reasoning stand", () => {
  const tokens = fc.record({
    fresh: fc.nat(1e6),
    cacheRead: fc.nat(1e6),
    cacheWrite: fc.nat(1e6),
    text: fc.nat(1e6),
    reasoning: fc.integer({ min: 1, max: 1e6 }),
  });
  expect(
    counterexample(
      fc.property(
        tokens,
        shape,
        fc.boolean(),
        (
          { fresh, cacheRead, cacheWrite, text, reasoning }: Readonly<Record<string, number>> & object,
          habit: UsageShape,
          inside: boolean,
        ): void => {
          const [f, r, w, t, h] = [fresh ?? 0, cacheRead ?? 0, cacheWrite ?? 0, text ?? 0, reasoning ?? 0];
          const isBeside = habit.cache === "beside";
          const given = {
            input: isBeside ? f : f + r + w,
            cacheRead: r,
            cacheWrite: w,
            output: inside ? t + h : t,
            reasoning: h,
            total: f + r + w + t + h,
          };
          expect(reportOf(given, habit)).toMatchObject({
            fresh: f,
            cacheRead: r,
            cacheWrite: w,
            output: t + h,
            reasoning: h,
            total: given.total,
            faults: [],
          });
        },
      ),
      RUNS,
    ),
  ).toBeNull();
});

test("a block told twice, or after interim ones of the same fields, changes nothing", () => {
  expect(
    counterexample(
      fc.property(figures, figures, shape, (interim: Figures, last: Figures, habit: UsageShape): void => {
        const known = Object.fromEntries(Object.entries(interim).filter(([name]) => !isNothing(last[name as keyof Figures])));
        const once = reportOf(withFigures({}, last), habit);
        expect(reportOf(withFigures(withFigures(withFigures({}, known), last), last), habit)).toEqual(once);
        expect(reportOf(withFigures(withFigures({}, last), Object.fromEntries(FIELDS.map((name) => [name, null]))), habit)).toEqual(once);
      }),
      RUNS,
    ),
  ).toBeNull();
});

test("no reader throws at, or bills less than nothing for, any JSON at all", () => {
  const block = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...RAW), fc.oneof(figure, fc.dictionary(fc.constantFrom(...RAW), figure))),
  );
  const payload = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        usage: block,
        usageMetadata: block,
        type: fc.constantFrom(...TYPES),
        message: fc.record({ usage: block }),
        delta: fc.jsonValue(),
        choices: fc.jsonValue(),
        candidates: fc.jsonValue(),
        error: fc.option(fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
  );
  expect(
    counterexample(
      fc.property(fc.array(payload, { maxLength: 4 }), (payloads: unknown[]): void => {
        for (const provider of ["openai", "xai", "anthropic", "google"] as const) {
          const reader =
            provider === "anthropic" ? anthropicReader() : provider === "google" ? googleReader() : openAiReader(givenRoute(provider));
          for (const given of payloads) {
            for (const event of [...reader.event(given), ...reader.whole(given)]) if (event.type === "usage") sound(event.report);
          }
        }
      }),
      { numRuns: 2_000 },
    ),
  ).toBeNull();
});

const RAW = [
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
  "prompt_tokens_details",
  "cached_tokens",
  "completion_tokens_details",
  "reasoning_tokens",
  "input_tokens",
  "output_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
  "cache_creation",
  "ephemeral_1h_input_tokens",
  "iterations",
  "promptTokenCount",
  "candidatesTokenCount",
  "thoughtsTokenCount",
  "totalTokenCount",
  "cost",
  "cost_in_usd_ticks",
];
const TYPES = ["message_start", "message_delta", "content_block_start", "content_block_delta", "content_block_stop", "error"];

/** A case in which it does not hold; null when none was found. */
function counterexample<Given>(property: fc.IProperty<Given>, parameters: fc.Parameters<Given>): string | null {
  return fc.defaultReportMessage(fc.check(property, parameters)) ?? null;
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0; // more than 1e9 is bounded, and a fault
}

function sound(report: UsageReport | null): void {
  if (report === null) return;
  const { fresh, cacheRead, cacheWrite, cacheWriteHour, output, reasoning, total, providerCostUsd } = report;
  for (const count of [fresh, cacheRead, cacheWrite, cacheWriteHour, output, reasoning, total]) {
    if (count !== null && !(Number.isSafeInteger(count) && count >= 0 && !Object.is(count, -0)))
      expect(count).toBe("a whole number, zero or more");
  }
  if (fresh === null || output === null) expect(total).toBeNull();
  else expect(total).toBe(fresh + (cacheRead ?? 0) + (cacheWrite ?? 0) + (cacheWriteHour ?? 0) + output);
  if (reasoning !== null && output !== null) expect(reasoning).toBeLessThanOrEqual(output);
  if (providerCostUsd !== null) expect(providerCostUsd).toMatch(/^(?:0|[1-9]\d*)(?:\.\d+)?$/);
}
