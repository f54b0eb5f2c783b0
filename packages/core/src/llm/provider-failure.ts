// A failure of the provider before any text came: what it was, whether another attempt may help, and when.

/** The reason of a refusal because the prompt is longer than the provider takes. */
export const CONTEXT = "context";

const CONTEXT_WORDS = new RegExp(
  [
    "context[_ ](length|window|limit)", // context_length_exceeded; maximum context length; the model's context window
    "(prompt|input) is too long",
    "too many (input |prompt )?tokens",
    "input token count",
    "reduce the length of (the|your) (messages|prompt|input)",
  ].join("|"),
  "i",
);

/** Whether a provider's refusal is about the length of the prompt. Nothing else of its words is ever kept. */
export function isContextRefusal(words: string): boolean {
  return CONTEXT_WORDS.test(words);
}

/** Carries no text of the provider: a status, a class of failure and a wait. */
export class ProviderFailure extends Error {
  override readonly name = "ProviderFailure";
  /** The HTTP status, or null when there was none (connection lost, an answer that ended before it began). */
  readonly status: number | null;
  readonly reason: string;
  /** How long the provider asks us to wait, in milliseconds; null when it does not say. */
  readonly retryAfterMs: number | null;

  constructor(status: number | null, reason: string, retryAfterMs: number | null = null) {
    super(`The model provider failed (${status ?? reason}).`);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** A refusal of the request itself (400, 401, 403, 404, a redirect) will be the same next time. */
  get retryable(): boolean {
    if (this.reason === CONTEXT) return false;
    return this.status === null || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}
