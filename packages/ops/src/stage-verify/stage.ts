// What every part of the evidence works with.

import type { Clock } from "@pantheon/contract/time.ts";
import type { Ask } from "./client.ts";
import type { Evidence } from "./evidence.ts";

export type Stage = {
  readonly ask: Ask;
  readonly evidence: Evidence;
  /** This run's id: it makes keys that no other run has. */
  readonly run: string;
  readonly alias: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Tells a person what takes a while. */
  readonly notice: (line: string) => void;
};

/** What is expected to be live. */
export type Expected = {
  /** A git sha, also a shortened one; null: any, as long as it is the same everywhere. */
  readonly commit: string | null;
  readonly migrationHead: string;
};

/** True when both name one commit; either may be shortened to no less than seven digits. */
export function sameCommit(a: string, b: string): boolean {
  const [short = "", long = ""] = [a, b].toSorted((one, other) => one.length - other.length);
  return short === long || (/^[0-9a-f]{7,40}$/.test(short) && long.startsWith(short));
}

/** A commit as a person reads it: a full sha is shortened, and anything else is left as it is. */
export function shortened(commit: string | null): string {
  if (commit === null) return "nothing";
  return /^[0-9a-f]{40}$/.test(commit) ? commit.slice(0, 12) : commit;
}
