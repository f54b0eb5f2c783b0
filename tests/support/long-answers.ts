// An answer of forty pieces in each dialect, event by event, so that it can be cut after any of them.

import type { Provider } from "@pantheon/core/models/model.ts";

export const PIECES = 40;

export type LongAnswer = {
  /** What comes before the first piece, and behind the last. */
  readonly head: readonly string[];
  readonly pieces: readonly string[];
  readonly tail: readonly string[];
  /** The input as it is reported before the end; null where nothing is. */
  readonly inputEarly: number | null;
};

const words = Array.from({ length: PIECES }, (_, index) => `piece ${index} `);
export const WORDS: readonly string[] = words;

function event(payload: object, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(payload)}\n\n`;
}

const chat = (choice: object, more: object = {}): string => event({ id: "gen-1", model: "m", choices: [{ index: 0, ...choice }], ...more });
const claude = (payload: { readonly type: string; readonly [field: string]: unknown }): string => event(payload, payload.type);
const gemini = (text: string, out: number, more: object = {}): string =>
  event({
    candidates: [{ content: { parts: [{ text }], role: "model" }, index: 0, ...more }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: out, totalTokenCount: 9 + out },
    responseId: "r",
    modelVersion: "m",
  });

export const LONG_ANSWERS: Readonly<Record<"openrouter" | "anthropic" | "google", LongAnswer>> = {
  openrouter: {
    head: [": PROCESSING\n\n", chat({ delta: { role: "assistant", content: "" }, finish_reason: null }, { usage: null })],
    pieces: words.map((content) => chat({ delta: { content }, finish_reason: null })),
    tail: [
      chat({ delta: {}, finish_reason: "stop" }),
      event({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 80, total_tokens: 89 } }),
      "data: [DONE]\n\n",
    ],
    inputEarly: null,
  },
  anthropic: {
    head: [
      claude({ type: "message_start", message: { id: "msg_1", model: "m", usage: { input_tokens: 9, output_tokens: 1 } } }),
      claude({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    ],
    pieces: words.map((text) => claude({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    tail: [
      claude({ type: "content_block_stop", index: 0 }),
      claude({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 80 } }),
      claude({ type: "message_stop" }),
    ],
    inputEarly: 9,
  },
  google: {
    head: [],
    pieces: words.map((text, index) => gemini(text, 2 * index + 2)),
    tail: [gemini("", 80, { finishReason: "STOP" })],
    inputEarly: 9,
  },
};

export const LONG_PROVIDERS = Object.keys(LONG_ANSWERS) as (Provider & keyof typeof LONG_ANSWERS)[];
