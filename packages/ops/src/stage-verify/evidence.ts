// The evidence: one row a thing that was looked at. Owns how a row comes to be green, red, not run or skipped, and that one red row
// never hides the others. What is looked at stands in the files beside this one.

import { performance } from "node:perf_hooks";
import { NoAnswer, type Answer } from "./client.ts";
import { Surprise } from "./answer.ts";

export type Outcome = "green" | "red" | "not run" | "skipped";

export type Row = {
  readonly id: string;
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
  readonly outcome: Outcome;
  /** Null for a row that a rule skips; a row that could not run counts as red. */
  readonly ok: boolean | null;
  readonly request_id: string | null;
  readonly ms: number;
};

/** What a row found. `value` is what later rows need; without one they are not run. */
export type Finding<Value> = {
  readonly ok: boolean;
  readonly seen: string;
  readonly value?: Value;
  readonly answer?: Pick<Answer, "requestId">;
};

export type RowHead = {
  readonly id: string;
  readonly what: string;
  readonly expected: string;
  /** True for what puts things back: it runs also after the run was stopped. */
  readonly always?: boolean;
};

type Given<Needs extends readonly unknown[]> = { readonly [Index in keyof Needs]: NonNullable<Needs[Index]> };

type Look<Needs extends readonly unknown[], Value> = (...given: Given<Needs>) => Promise<Finding<Value>>;

export type Evidence = {
  readonly rows: readonly Row[];
  /** Looks at one thing. Never rejects. A row whose needs hold a null is not run; answers the row's value, or null when it has none. */
  check<const Needs extends readonly unknown[], Value = never>(
    head: RowHead,
    needs: Needs,
    look: Look<Needs, Value>,
  ): Promise<Value | null>;
  /** The same evidence, whose rows are skipped from here on, by a rule that says why; with null nothing is skipped. */
  skipping(reason: string | null): Evidence;
};

type EvidenceParts = {
  /** Once this is aborted, only rows that put things back are run. */
  readonly signal: AbortSignal;
  /** Takes out of a text what must not be kept. */
  readonly hide: (text: string) => string;
};

/** Characters; a stage may say what it likes. */
const MAX_SEEN = 600;

export function createEvidence(parts: EvidenceParts): Evidence {
  const rows: Row[] = [];
  const evidenceThat = (skips: string | null): Evidence => ({
    rows,
    skipping: (reason) => evidenceThat(reason ?? skips),
    check<const Needs extends readonly unknown[], Value = never>(head: RowHead, needs: Needs, look: Look<Needs, Value>) {
      const place = rows.length; // rows keep the order in which they began, also those that are asked at once
      const began = performance.now();
      const note = (outcome: Outcome, seen: string, requestId: string | null = null) => {
        const { id, what, expected } = head;
        const ok = outcome === "skipped" ? null : outcome === "green";
        const ms = Math.round(performance.now() - began);
        rows[place] = { id, what, expected, seen: parts.hide(seen).slice(0, MAX_SEEN), outcome, ok, request_id: requestId, ms };
      };
      note("not run", "has not ended");
      return lookAt(note, reasonNotToLook(head, needs, skips, parts.signal), () => look(...(needs as unknown as Given<Needs>)));
    },
  });
  return evidenceThat(null);
}

type Note = (outcome: Outcome, seen: string, requestId?: string | null) => void;
type NoLook = { readonly outcome: "not run" | "skipped"; readonly seen: string };

function reasonNotToLook({ always = false }: RowHead, needs: readonly unknown[], skips: string | null, signal: AbortSignal): NoLook | null {
  if (skips !== null) return { outcome: "skipped", seen: skips };
  if (signal.aborted && !always) return { outcome: "not run", seen: "the run was stopped" };
  return needs.some((need) => need === null) ? { outcome: "not run", seen: "needs what an earlier row did not find" } : null;
}

async function lookAt<Value>(note: Note, noLook: NoLook | null, look: () => Promise<Finding<Value>>): Promise<Value | null> {
  if (noLook !== null) {
    note(noLook.outcome, noLook.seen);
    return null;
  }
  try {
    const { ok, seen, value, answer } = await look();
    note(ok ? "green" : "red", seen, answer?.requestId ?? null);
    return value ?? null;
  } catch (error) {
    note("red", reasonOf(error), error instanceof NoAnswer || error instanceof Surprise ? error.requestId : null);
    return null;
  }
}

/** A fault of our own is named and not told: its text might hold what was answered. */
function reasonOf(error: unknown): string {
  if (error instanceof NoAnswer || error instanceof Surprise) return error.message;
  return `the check itself failed (${error instanceof Error ? error.name : "unknown"})`;
}
