// Watches an answer that must not cost more than its hold. A provider ends an answer at the limit that it was given; one that does not is
// ended here, so that nobody reads on what nobody pays for. Pure.

import type { ModelEvent } from "../models/attempts.ts";

/**
 * No tokenizer in use makes fewer tokens of a whole answer than an octet in sixteen (prose has four to five, code eight, Burmese nine): an
 * answer that is longer than its limit by this is beyond it for certain.
 */
const MOST_OCTETS_PER_TOKEN = 16;

/** True from the event on with which an answer is beyond `maxOutputTokens` for certain, and not at its end yet. */
export function budgetOf(maxOutputTokens: number): (event: ModelEvent) => boolean {
  let [octets, ended] = [0, false];
  return (event) => {
    if (event.type === "finish" || event.type === "cut") ended = true;
    else if (event.type === "text") octets += Buffer.byteLength(event.text);
    else if (event.type === "reasoning") octets += event.octets;
    const reported = event.type === "usage" ? (event.report.output ?? 0) : 0;
    return !ended && (reported > maxOutputTokens || octets > maxOutputTokens * MOST_OCTETS_PER_TOKEN);
  };
}
