// What a model is shown of a session: its newest turns word for word, a summary of the others, and their sizes as the gate counts them. Pure.

import { OCTETS_PER_MESSAGE, SUMMARY_QUESTION } from "../ledger/statements/history.ts";

/** A completed turn of the session, at its place in the history. */
export type Past = { readonly place: number; readonly user: string; readonly assistant: string };

/** UTF-8 octets, with what wraps each message. */
export function sizeOf(history: readonly Past[]): number {
  return history.reduce(
    (octets, past) => octets + Buffer.byteLength(past.user) + Buffer.byteLength(past.assistant) + 2 * OCTETS_PER_MESSAGE,
    0,
  );
}

/** The newest part of a history, of at most so many octets. */
export function newestOf(history: readonly Past[], most: number): readonly Past[] {
  let newest = history;
  while (newest.length > 0 && sizeOf(newest) > most) newest = newest.slice(1);
  return newest;
}

/** Octets of a summary with its question, as the gate counts them; none without one. */
export function sizeOfSummary(summary: { readonly text: string } | null): number {
  if (summary === null) return 0;
  return Buffer.byteLength(summary.text) + Buffer.byteLength(SUMMARY_QUESTION) + 2 * OCTETS_PER_MESSAGE;
}

/** A history without the turns whose texts are erased: no message is empty otherwise. They keep their places. */
export function keptOf(history: readonly Past[]): readonly Past[] {
  return history.filter(({ user }) => user !== "");
}
