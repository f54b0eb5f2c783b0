// What each recorded answer of tests/fixtures/dialects has to come to. The files are made after the providers' documents and recordings.

import type { Provider } from "@pantheon/core/models/model.ts";

export type FixtureRow = {
  readonly provider: Provider;
  readonly name: string;
  /** JSON instead of a stream, or what else is said of the body. */
  readonly type?: string;
  readonly expected: Readonly<Record<string, unknown>>;
};

const JSON_TYPE = "application/json; charset=utf-8";
const NONE = { fresh: null, cacheRead: null, cacheWrite: null, cacheWriteHour: null, output: null, reasoning: null, total: null };

/** A sound usage block of the OpenAI fixtures: 16 in, 4 of them cached, 30 out, 10 of them reasoning. */
const GOOD = { fresh: 12, cacheRead: 4, cacheWrite: null, output: 30, reasoning: 10, total: 46, faults: [] };
const whole = (usage: object | null) => ({ text: "Hello", finish: "stop", cut: null, failure: null, usage });
const cut = (text: string, kind: string, usage: object | null = null) => ({ text, cut: kind, failure: null, usage });
const failed = (kind: string, retryable: boolean, more: object = {}) => ({ text: "", failure: { kind, retryable, ...more } });
const called = (usage: object, ...calls: readonly (readonly [string, string])[]) => ({
  text: "",
  finish: "tool_calls",
  cut: null,
  calls: calls.map(([name, given]) => ({ name, arguments: given })),
  usage,
});

const WEATHER = ["weather", '{"city":"Bern"}'] as const;

const OPENAI: readonly (readonly [name: string, expected: object, type?: string])[] = [
  ["null-then-usage", { ...whole(GOOD), named: { requestId: "chatcmpl-1", model: "gpt-test-2025" } }],
  ["azure-first-chunk", { ...whole(GOOD), named: { requestId: "chatcmpl-1", model: "gpt-test-2025" } }],
  ["usage-growing", whole({ fresh: 16, cacheRead: 0, output: 3, total: 19, faults: [] })],
  ["usage-twice", whole(GOOD)],
  ["no-usage", whole(null)],
  ["empty-usage", whole(null)],
  ["cut", cut("Hello", "cut")],
  ["done-without-finish", cut("Hello", "cut")],
  ["no-done", whole(GOOD)],
  ["no-blank-line", whole(GOOD)],
  ["torn-event", whole(null)],
  ["torn-text", cut("Hel", "malformed")],
  ["unreadable-chunk", { ...cut("Hello", "malformed", GOOD), finish: "stop" }],
  ["crlf", whole(GOOD)],
  ["cr", whole(GOOD)],
  ["byte-order-mark", whole(GOOD)],
  ["no-space", whole(GOOD)],
  ["several-data-lines", whole(GOOD)],
  ["comments-and-junk", whole(GOOD)],
  ["split-characters", { ...whole(GOOD), text: "über 😀 ok" }],
  ["half-surrogates", { ...whole(GOOD), text: "a😀b" }],
  ["error-first", failed("no_money", true)],
  ["error-later", cut("Hel", "overloaded")],
  ["error-after-finish", whole(null)],
  ["whole-error", failed("rate_limited", true), JSON_TYPE],
  ["whole", whole(GOOD), JSON_TYPE],
  ["whole-tool-call", called(GOOD, WEATHER), JSON_TYPE],
  ["page-of-html", failed("malformed", true), "text/html"],
  ["page-of-html", failed("malformed", true)],
  ["refusal-reason", { ...whole(GOOD), text: "Hel", finish: "content_filter" }],
  ["finish-absent-null-empty", cut("Hello", "cut")],
  ["tool-pieces", called(GOOD, WEATHER, ["time", "{}"])],
  ["tool-without-index", called(GOOD, WEATHER, ["time", "{}"])],
  ["tool-cut", failed("cut", true)],
  ["bad-strings", whole({ ...NONE, cacheRead: 4, reasoning: 10, faults: ["input", "output"] })],
  ["bad-negative", whole({ ...NONE, cacheRead: 4, reasoning: 10, faults: ["input", "output", "total"] })],
  ["bad-fraction", whole({ ...NONE, fresh: 12, cacheRead: 4, reasoning: 10, faults: ["output"] })],
  ["bad-huge", whole({ fresh: 999_999_996, output: 1e9, total: 2e9, cacheRead: 4, reasoning: 10, faults: ["input", "output", "total"] })],
  ["bad-overflow", whole({ ...NONE, output: 2, faults: ["input"] })],
  ["bad-total", whole({ ...GOOD, faults: ["total"] })],
  ["cached-above-input", whole({ fresh: 0, cacheRead: 16, output: 30, total: 46, faults: ["cache_read"] })],
  ["zero", whole({ fresh: 0, cacheRead: 0, output: 0, total: 0, faults: [] })],
];

const FLAVOURS: readonly (readonly [provider: Provider, name: string, expected: object, type?: string])[] = [
  ["deepseek", "deepseek-tool-call", called({ fresh: 19, cacheRead: 320, output: 83, reasoning: 39, faults: [] }, ["weather", "{}"])],
  ["deepseek", "deepseek-no-machines", cut("Hel", "overloaded")],
  ["openrouter", "openrouter-error-first", failed("rate_limited", true, { status: 429 })],
  ["openrouter", "openrouter-error-later", cut("Hel", "overloaded")],
  [
    "openrouter",
    "openrouter-cost",
    whole({ fresh: 44, cacheRead: 50, cacheWrite: 100, output: 2, total: 196, providerCostUsd: "0.00014", faults: [] }),
  ],
  ["openrouter", "openrouter-own-key", whole({ fresh: 194, cacheRead: null, output: 2, providerCostUsd: "19.95", faults: [] })],
  [
    "xai",
    "xai-text",
    whole({ fresh: 1, cacheRead: 11, output: 291, reasoning: 290, total: 303, providerCostUsd: "0.000146625", faults: [] }),
  ],
  ["xai", "xai-cached-beside", whole({ fresh: 12, cacheRead: 90, output: 5, total: 107, faults: [] })],
  ["xai", "xai-error", failed("overloaded", true), JSON_TYPE],
  ["mistral", "mistral-tool-call", called({ fresh: 124, cacheRead: null, output: 22, faults: [] }, ["weather", '{"location":"Bern"}'])],
  ["mistral", "mistral-parts", { ...whole({ fresh: 60, cacheRead: 64, output: 22, total: 146 }), reasoning: 3 }],
  ["mistral", "mistral-error", failed("overloaded", true), JSON_TYPE],
];

const NAMED = { requestId: "msg_1", model: "claude-test-20250929" };

const ANTHROPIC: readonly (readonly [name: string, expected: object, type?: string])[] = [
  ["text", { ...whole({ fresh: 12, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, output: 30, total: 42, faults: [] }), named: NAMED }],
  ["end-corrects-start", whole({ fresh: 61, output: 2, total: 63, faults: [] })],
  ["output-alone", whole({ fresh: 43, cacheRead: 7, output: 2, total: 52, faults: [] })],
  ["cache-grows", whole({ fresh: 10, cacheRead: 50, cacheWrite: 800, cacheWriteHour: 200, output: 9, total: 1069, faults: [] })],
  ["compaction", whole({ fresh: 60_997, output: 3_341, faults: [] })],
  ["fallback-pass", whole({ fresh: 612, output: 2_819, faults: [] })],
  ["start-twice", whole({ fresh: 12, output: 30, faults: [] })],
  ["spliced", cut("Hel", "malformed", { fresh: 12, output: 1 })],
  ["thinking-and-tool", { ...called({ fresh: 12, output: 40, reasoning: 12, faults: [] }, WEATHER), reasoning: 3 }],
  ["error-first", failed("overloaded", true)],
  ["error-after-start", { ...failed("overloaded", true), usage: { fresh: 12, output: 1 } }],
  ["error-later", cut("Hel", "overloaded", { fresh: 12, output: 1 })],
  ["cut", cut("Hel", "cut", { fresh: 12, output: 1 })],
  ["refusal", { ...whole({ output: 3 }), text: "Hel", finish: "content_filter" }],
  ["bad-figures", whole({ ...NONE, faults: ["input", "cache_read", "output"] })],
  ["whole", { ...called({ fresh: 12, output: 30, faults: [] }, WEATHER), text: "Hello", named: NAMED }, JSON_TYPE],
  ["whole-error", failed("refused", false), JSON_TYPE],
];

const GOOGLE: readonly (readonly [name: string, expected: object, type?: string])[] = [
  [
    "text",
    {
      ...whole({ fresh: 9, cacheRead: null, output: 208, reasoning: 185, total: 217, faults: [] }),
      reasoning: 9,
      named: { requestId: "bH6L", model: "gemini-test-001" },
    },
  ],
  ["thoughts-inside", whole({ fresh: 9, output: 208, reasoning: 185, total: 217, faults: [] })],
  ["cached-and-tool-prompt", whole({ fresh: 80, cacheRead: 60, output: 10, total: 150, faults: [] })],
  ["counts-late", whole({ fresh: 9, output: 2, total: 11, faults: [] })],
  ["thoughts-only", { text: "", finish: "length", cut: null, usage: { fresh: 9, output: 100, reasoning: 100, faults: [] } }],
  ["tool-call", { ...called({ fresh: 9, output: 5, faults: [] }, WEATHER), calls: [{ signature: { provider: "google", value: "SIG" } }] }],
  ["blocked", { ...failed("content_filter", false), usage: { fresh: 9, output: 0 } }],
  ["safety", { ...whole({ output: 2 }), text: "Hel", finish: "content_filter" }],
  ["error-first", failed("overloaded", true, { status: 503 })],
  ["error-without-code", failed("rate_limited", true)],
  ["error-later", cut("Hel", "overloaded", { fresh: 9, output: 1 })],
  ["cut", cut("Hel", "cut", { fresh: 9, output: 1 })],
  ["bad-total", whole({ fresh: 9, output: 8, faults: ["surplus"] })],
  ["whole", whole({ fresh: 9, output: 208, faults: [] }), JSON_TYPE],
  ["whole-error", failed("rate_limited", true, { status: 429, retryAfterSeconds: 35 }), JSON_TYPE],
];

function row(provider: Provider, [name, expected, type]: readonly [string, object, string?]): FixtureRow {
  return { provider, name, expected: { ...expected }, ...(type === undefined ? {} : { type }) };
}

export const FIXTURES: readonly FixtureRow[] = [
  ...OPENAI.map((given) => row("openai", given)),
  ...FLAVOURS.map(([provider, ...given]) => row(provider, given)),
  ...ANTHROPIC.map((given) => row("anthropic", given)),
  ...GOOGLE.map((given) => row("google", given)),
];
