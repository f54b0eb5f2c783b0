// What a conversation works within, and what it did about that which no longer fits its window.

import type { NewSummary } from "../ledger/statements/settle-turn.ts";
import type { CallRecord } from "./call-record.ts";

export type Terms = {
  /** When the model must have ended, on the ticks of `TurnDeps`. */
  readonly until: number;
  /** What came before our own time cut it is an answer (its reader has seen it), and not a timeout that is free. */
  readonly keepsLate: boolean;
  /** Stops the call: what had come is the answer. */
  readonly signal?: AbortSignal;
};

/** What a turn did about what no longer fits. */
export type Memory = {
  /** The summary that it made, for the session's next turns. */
  readonly summary: NewSummary | null;
  /** There was to be one, and there is none: what no longer fits was left out. */
  readonly usedFallback: boolean;
  /** The calls of the house's own: those that this took, and the choice of who answers. */
  readonly calls: readonly CallRecord[];
  /** What attempts that gave nothing cost us all the same. */
  readonly lostUsd: readonly string[];
};

/** Everything fitted, or nothing is to be summarised. */
export const NO_MEMORY: Memory = { summary: null, usedFallback: false, calls: [], lostUsd: [] };
