// How the stand-in provider misbehaves, chosen by the name of the model. Data only: what a behaviour means is done in answer.ts.
//
// name                      what happens
// fake-400 … fake-529       refused with that status (400 401 403 404 429 500 502 503 529), in the API's error shape
// fake-429-N|date|garbage   refused with Retry-After: N seconds, an HTTP date 1 to 2 seconds ahead, or nonsense
// fake-html-502             refused with a page of HTML
// fake-flaky-N              N calls refused with 503, then a good one, and so on
// fake-redirect             307 to `redirectTo`
// fake-reset                connection reset before the headers
// fake-silent               headers, then nothing
// fake-slow-MS              waits before the headers
// fake-drip-MS              waits before every chunk
// fake-cut-N                connection destroyed after N chunks, no usage
// fake-end-N                ends cleanly after N chunks, without finish, usage and [DONE]
// fake-error-chunk-N        an error chunk after N chunks, then the end
// fake-no-usage             no usage block
// fake-usage-CASE           a usage block that is wrong in one way: see USAGE
// fake-input-N              reports N input tokens
// fake-dense-N              counts an octet as a token, and refuses more than N tokens of messages as the API does: context_length_exceeded
// fake-reasoning-N          N reasoning tokens besides the text
// fake-nul, fake-surrogate  a text with U+0000 / with half a surrogate pair
// fake-big-N                a text of N octets
// fake-tools-N              calls the first of its tools N times, unless it was just told a tool's result
// fake-tool-loop            calls the first of its tools again and again, as long as it may
// fake-tool-arguments-N     calls it once, with arguments of N octets
// fake-empty                no text
// fake-other-model          reports another model than it was asked for
// fake-garbage              200, but neither JSON nor events
// anything else             a good answer
//
// Waits are at most 60 s and texts at most 16 MiB. Without `stream` a cut, an end or an error chunk after N chunks comes before any text.

import type { ReplyUsage } from "./reply.ts";

export type Behaviour = {
  readonly refuse?: { readonly status: number; readonly retryAfter?: "date" | (string & {}); readonly html?: true };
  readonly failuresBeforeEachSuccess?: number;
  readonly redirect?: true;
  readonly connection?: "reset" | "silent";
  readonly waitMs?: number;
  readonly waitBeforeChunkMs?: number;
  readonly stop?: { readonly afterChunks: number; readonly how: "cut" | "end" | "error" };
  /** The usage block as JSON text, or null for none. */
  readonly usage?: (usage: ReplyUsage) => string | null;
  readonly usageOnEveryChunk?: true;
  /** Tokens that it takes. */
  readonly window?: number;
  readonly octetsPerToken?: number;
  readonly reasoningTokens?: number;
  readonly text?: string;
  readonly toolCalls?: number;
  readonly toolLoop?: true;
  readonly toolArguments?: number;
  readonly model?: string;
  readonly garbage?: true;
};

/** The behaviour that a model's name asks for. */
export function behaviourOf(model: string): Behaviour {
  for (const [pattern, behave] of BEHAVIOURS) {
    const match = pattern.exec(model);
    if (match !== null) return behave(match[1] ?? "");
  }
  return {};
}

const MAX_WAIT_MS = 60_000;
const MAX_TEXT = 16 * 1024 * 1024;
const upTo = (limit: number, digits: string): number => Math.min(Number(digits), limit);

const BEHAVIOURS: readonly (readonly [RegExp, (argument: string) => Behaviour])[] = [
  [/^fake-(400|401|403|404|429|500|502|503|529)$/, (status) => ({ refuse: { status: Number(status) } })],
  [/^fake-429-(\d+|date)$/, (retryAfter) => ({ refuse: { status: 429, retryAfter } })],
  [/^fake-429-garbage$/, () => ({ refuse: { status: 429, retryAfter: "soon; maybe -1" } })],
  [/^fake-html-502$/, () => ({ refuse: { status: 502, html: true } })],
  [/^fake-flaky-(\d+)$/, (n) => ({ failuresBeforeEachSuccess: upTo(100, n) })],
  [/^fake-redirect$/, () => ({ redirect: true })],
  [/^fake-(reset|silent)$/, (how) => ({ connection: how === "reset" ? "reset" : "silent" })],
  [/^fake-slow-(\d+)$/, (ms) => ({ waitMs: upTo(MAX_WAIT_MS, ms) })],
  [/^fake-drip-(\d+)$/, (ms) => ({ waitBeforeChunkMs: upTo(MAX_WAIT_MS, ms) })],
  [/^fake-cut-(\d+)$/, (n) => ({ stop: { afterChunks: Number(n), how: "cut" } })],
  [/^fake-end-(\d+)$/, (n) => ({ stop: { afterChunks: Number(n), how: "end" } })],
  [/^fake-error-chunk-(\d+)$/, (n) => ({ stop: { afterChunks: Number(n), how: "error" } })],
  [/^fake-no-usage$/, () => ({ usage: () => null })],
  [/^fake-usage-cumulative$/, () => ({ usageOnEveryChunk: true })],
  [/^fake-usage-([a-z-]+)$/, (name) => usageCase(name)],
  [/^fake-input-(\d+)$/, (n) => ({ usage: (usage) => json(withInput(usage, Number(n))) })],
  [/^fake-dense-(\d+)$/, (n) => ({ window: Number(n), octetsPerToken: 1 })],
  [/^fake-reasoning-(\d+)$/, (n) => ({ reasoningTokens: upTo(MAX_TEXT, n) })],
  [/^fake-nul$/, () => ({ text: "before\u0000after" })],
  [/^fake-surrogate$/, () => ({ text: "half a pair: \uD800, and the other half: \uDC00." })],
  [/^fake-big-(\d+)$/, (n) => ({ text: "all work and no play ".repeat(Math.ceil(upTo(MAX_TEXT, n) / 21)).slice(0, upTo(MAX_TEXT, n)) })],
  [/^fake-tools-(\d+)$/, (n) => ({ toolCalls: upTo(16, n) })],
  [/^fake-tool-loop$/, () => ({ toolLoop: true })],
  [/^fake-tool-arguments-(\d+)$/, (n) => ({ toolArguments: upTo(MAX_TEXT, n) })],
  [/^fake-empty$/, () => ({ text: "" })],
  [/^fake-other-model$/, () => ({ model: "fake/another-model" })],
  [/^fake-garbage$/, () => ({ garbage: true })],
];

const json = JSON.stringify;

function withInput(usage: ReplyUsage, tokens: number): ReplyUsage {
  return { ...usage, prompt_tokens: tokens, total_tokens: tokens + usage.completion_tokens };
}

/** A figure that JSON.stringify would not write: NaN as some servers print it, or a number past what a double holds. */
const withPrompt = (usage: ReplyUsage, literal: string): string => json(usage).replace(/"prompt_tokens":\d+/, `"prompt_tokens":${literal}`);

/** The cases of `fake-usage-CASE`. */
const USAGE: Readonly<Record<string, (usage: ReplyUsage) => string>> = {
  zero: (usage) => json({ ...usage, prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost: 0 }),
  negative: (usage) => json({ ...usage, prompt_tokens: -5, completion_tokens: -1, total_tokens: -6, cost: -1 }),
  fraction: (usage) => json({ ...usage, completion_tokens: 1.5 }),
  string: (usage) => json({ ...usage, prompt_tokens: "12", completion_tokens: "many" }),
  null: (usage) => json({ ...usage, prompt_tokens: null, completion_tokens: null, total_tokens: null }),
  "cached-above-input": (usage) => json({ ...usage, prompt_tokens_details: { cached_tokens: usage.prompt_tokens + 100 } }),
  huge: (usage) => json({ ...usage, prompt_tokens: 9e15, completion_tokens: 9e15, total_tokens: 18e15, cost: 9e15 }),
  "above-hold": (usage) => json({ ...usage, completion_tokens: 20_000, total_tokens: usage.prompt_tokens + 20_000 }),
  "total-mismatch": (usage) => json({ ...usage, total_tokens: usage.total_tokens + 7 }),
  nan: (usage) => withPrompt(usage, "NaN"),
  overflow: (usage) => withPrompt(usage, "1e400"),
  text: () => json("a lot"),
};

/** An unknown case behaves well, like any other unknown name. */
function usageCase(name: string): Behaviour {
  const usage = Object.hasOwn(USAGE, name) ? USAGE[name] : undefined;
  return usage === undefined ? {} : { usage };
}
