// How much a model may think, where a provider takes a budget of tokens instead of a word.

import type { ReasoningEffort } from "@pantheon/contract/vocabulary.ts";

const SHARE: Readonly<Record<Exclude<ReasoningEffort, "none">, number>> = { low: 0.2, medium: 0.5, high: 0.8 };

/** Tokens of the output limit that thinking may take: it counts towards that limit, so some of it is always left for the answer. */
export function thinkingBudget(effort: Exclude<ReasoningEffort, "none">, maxOutputTokens: number): number {
  return Math.floor(maxOutputTokens * SHARE[effort]);
}
