// How hard a model is to think, by all the words that programs have for it.

import type { ReasoningEffort } from "@pantheon/contract/vocabulary.ts";

const EFFORTS: ReadonlyMap<string, ReasoningEffort> = new Map([
  ["none", "none"],
  ["minimal", "low"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["xhigh", "high"],
  ["max", "high"],
]);

/** Our word for it; null where nothing was said, or a word that nobody knows. */
export function effortOf(said: string | null): ReasoningEffort | null {
  return said === null ? null : (EFFORTS.get(said) ?? null);
}
