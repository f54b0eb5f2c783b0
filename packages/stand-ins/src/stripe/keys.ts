// Idempotency keys as Stripe's API v1 treats them: the first answer to a key is kept and given again, a 500 like any other; another
// request under the same key is refused; a request that was refused before it began leaves its key free; and a key is forgotten after a day.

import { StripeRefusal } from "./refusal.ts";

export type Answer = { readonly status: number; readonly body: string; readonly requestId: string };

type Entry = { readonly fingerprint: string; readonly answer: Answer; readonly since: number };

export type Keys = Map<string, Entry>;

const MAX_KEY_LENGTH = 255;
const KEY_LIVES_MS = 24 * 60 * 60 * 1_000;

/** Answers under a key: anew by `answer`, which also says whether the answer is to be kept, or again. Throws StripeRefusal. */
export function underKey(
  { keys, now }: { readonly keys: Keys; readonly now: number },
  key: string,
  fingerprint: string,
  answer: () => { readonly answer: Answer; readonly isKept: boolean },
): { readonly answer: Answer; readonly isReplay: boolean } {
  if (key.length > MAX_KEY_LENGTH) throw misused("An idempotency key has at most 255 characters.");
  const kept = keys.get(key);
  const entry = kept !== undefined && now < kept.since + KEY_LIVES_MS ? kept : undefined;
  if (entry !== undefined && entry.fingerprint !== fingerprint) throw misused("The idempotency key was used for another request.");
  if (entry !== undefined) return { answer: entry.answer, isReplay: true };
  const made = answer();
  if (made.isKept) keys.set(key, { fingerprint, answer: made.answer, since: now });
  return { answer: made.answer, isReplay: false };
}

function misused(message: string): StripeRefusal {
  return new StripeRefusal(400, { type: "idempotency_error", message }, { unbegun: true });
}
