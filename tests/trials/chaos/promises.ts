// What a run says at its end: promises with their figures, faults with their counts and minimums. Pure; whether a run is good is decided here.

import Table from "cli-table3";

export type PromiseRow = { readonly promise: string; readonly figure: string; readonly ok: boolean };
export type FaultRow = { readonly kind: string; readonly injected: number; readonly minimum: number };

export type SuiteReport = {
  readonly suite: string;
  readonly promises: readonly PromiseRow[];
  readonly faults: readonly FaultRow[];
  /** What is worth reading beside the promises: counts, and times that nobody asserts. */
  readonly figures: Readonly<Record<string, string | number>>;
  /** What stands behind a broken promise: the first rows of it. */
  readonly evidence: readonly string[];
};

/** Counts of faults by kind. Every kind starts at 0, so that one that never came is seen. */
export type FaultCount = Map<string, number>;

export function countOf(kinds: readonly string[]): FaultCount {
  return new Map(kinds.map((kind) => [kind, 0]));
}

export function add(count: FaultCount, kind: string, more = 1): void {
  count.set(kind, (count.get(kind) ?? 0) + more);
}

/** The rows of a count; every kind must have come at least once, or as often as `minimums` says. */
export function faultRows(count: FaultCount, minimums: Readonly<Record<string, number>> = {}): FaultRow[] {
  return [...count].map(([kind, injected]) => ({ kind, injected, minimum: minimums[kind] ?? 1 }));
}

/** A promise that some number is zero. */
export function zero(promise: string, broken: number, of: string): PromiseRow {
  return { promise, figure: `${broken} ${of}`, ok: broken === 0 };
}

/** A run is good when every promise holds and every kind of fault came as often as it must. */
export function isGood(reports: readonly SuiteReport[]): boolean {
  return reports.every(({ promises, faults }) => promises.every(({ ok }) => ok) && faults.every(isEnough));
}

function isEnough({ injected, minimum }: FaultRow): boolean {
  return injected >= minimum;
}

/** The tables of a run, as a person reads them. */
export function printed(reports: readonly SuiteReport[]): string {
  return reports.map(suiteText).join("\n\n");
}

const PLAIN = { style: { head: [], border: [] } };

function suiteText({ suite, promises, faults, figures, evidence }: SuiteReport): string {
  const kept = new Table({ head: ["", `${suite}: promise`, "figure"], ...PLAIN });
  for (const { promise, figure, ok } of promises) kept.push([mark(ok), promise, figure]);
  const injected = new Table({ head: ["", `${suite}: fault`, "injected", "at least"], ...PLAIN });
  for (const row of faults) injected.push([mark(isEnough(row)), row.kind, String(row.injected), String(row.minimum)]);
  const lines = Object.entries(figures).map(([name, figure]) => `  ${name}: ${figure}`);
  return [kept.toString(), injected.toString(), ...lines, ...evidence.map((line) => `  ✗ ${line}`)].join("\n");
}

function mark(good: boolean): string {
  return good ? "✓" : "✗";
}
