// What anybody may ask is not asked of the database each time: whoever asks within a few seconds is told what was found last.

import { elapsed, type Clock } from "@pantheon/contract/time.ts";

/** How long health goes by what it found. */
export const REMEMBERED_MS = 3_000;

/** The same question, asked at most once in REMEMBERED_MS. Those who ask meanwhile wait for the one that is under way; a failure counts too. */
export function remembered<T>(ask: () => Promise<T>, clock: Clock): () => Promise<T> {
  let last: { at: number; found: Promise<T> } | null = null;
  return () => {
    if (last === null || elapsed(clock, last.at) >= REMEMBERED_MS) {
      const found = ask();
      found.catch(() => {}); // whoever waits for it is told; nobody may be waiting
      last = { at: clock(), found };
    }
    return last.found;
  };
}
