// Guards of the gateway: what a provider says is judged, what it sends is bounded, and no answer is asked for twice once it began.

import type { Mutant } from "../mutant.ts";

const CALL = "packages/core/src/models/call.ts";
const RECEIVING = "packages/core/src/models/receiving.ts";
const REPORT = "packages/core/src/models/report.ts";
const FIXTURES = { file: "tests/models/dialect-fixtures.test.ts", name: "$title" };

export const MODEL_GUARDS: readonly Mutant[] = [
  {
    name: "report-cached-above-input",
    guard: "Cached tokens may be more than the input that they are a part of: the fresh ones go below zero.",
    patches: [{ file: REPORT, find: "const fits = Math.min(part, left);", replace: "const fits = part;" }],
    test: { ...FIXTURES, row: "openai cached-above-input " },
  },
  {
    name: "report-impossible-count",
    guard: "A figure that is no count is taken as it came.",
    patches: [
      {
        file: REPORT,
        find: 'typeof value === "number" && Number.isSafeInteger(value) && value >= 0',
        replace: 'typeof value === "number"',
      },
    ],
    test: { file: "tests/models/usage-report.test.ts", name: "no class is negative or a fraction, and the classes make the total" },
  },
  {
    name: "report-reasoning-beside",
    guard: "Reasoning that stands beside the output is not counted: of 291 tokens one is billed.",
    patches: [{ file: REPORT, find: 'if (place === "beside")', replace: 'if (place === "beside" && reasoning === null)' }],
    test: { ...FIXTURES, row: "xai xai-text " },
  },
  {
    name: "report-null-block",
    guard: "A block that says null takes back what an earlier one said.",
    patches: [{ file: REPORT, find: "if (value !== null && value !== undefined) after[name] = value;", replace: "after[name] = value;" }],
    test: { ...FIXTURES, row: "anthropic output-alone " },
  },
  {
    name: "finish-without-end",
    guard: "A stream that ends before the answer did counts as a whole answer.",
    patches: [{ file: RECEIVING, find: '(damage ?? failure ?? failureOf("cut"))', replace: "damage ?? failure" }],
    test: { ...FIXTURES, row: "openai cut " },
  },
  {
    name: "text-after-error",
    guard: "Text that follows an error, of another message perhaps, becomes part of the answer.",
    patches: [{ file: RECEIVING, find: "if (state.over) return;", replace: "" }],
    test: { ...FIXTURES, row: "anthropic spliced " },
  },
  {
    name: "answer-octets",
    guard: "An answer without end is read without end.",
    patches: [{ file: "packages/core/src/models/sse.ts", find: "octets > MOST_ANSWER_OCTETS", replace: "octets < 0" }],
    test: { file: "tests/models/models-hostile.test.ts", name: "a body without end is broken off, and its text is bounded" },
  },
  {
    name: "last-event",
    guard: "The last event is dropped when no blank line follows: the usage is gone, and the answer cut.",
    patches: [{ file: "packages/core/src/models/sse.ts", find: "${decoder.decode()}\\n\\n", replace: "${decoder.decode()}" }],
    test: { ...FIXTURES, row: "openai no-blank-line " },
  },
  {
    name: "refused-elsewhere",
    guard: "What one provider refuses for the request's own sake is sent to the next one too.",
    patches: [
      { file: "packages/core/src/models/attempts.ts", find: "last !== undefined && !last.failure.retryable", replace: "last === null" },
    ],
    test: {
      file: "tests/models/models-failover.test.ts",
      name: "is not asked after %s, which it would say too",
      row: "is not asked after 422, which it would say too",
    },
  },
  {
    name: "reader-takes-time",
    guard: "The time that our own reader takes counts as the provider's silence: a slow reader loses the answer.",
    patches: [{ file: CALL, find: "if (waiting && waits === seen) end();", replace: "if (seen > 0) end();" }],
    test: {
      file: "tests/models/models-hostile.test.ts",
      name: "a reader that takes its time holds the provider back, and is no silence of the provider's",
    },
  },
];
