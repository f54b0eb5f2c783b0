// What a run found, as a person reads it: tables of figures, then every fault as a block. Prints nothing itself.

import Table from "cli-table3";
import { LAST, NEVER_THERE, WAITING } from "./rows.ts";
import type { MutationsReport } from "./run-mutations.ts";
import type { Fault, RowsReport } from "./run-rows.ts";

export type RunReport = {
  readonly seed: number;
  readonly rows: RowsReport;
  readonly mutations: MutationsReport | null;
  /** Secrets that were met in log lines. */
  readonly met: readonly string[];
  readonly logLines: number;
  readonly canaries: number;
  /** Invariants that do not hold at the end. */
  readonly broken: readonly string[];
};

/** All that is wrong, wherever it was found. */
export function allFaults({ rows, mutations, met, broken }: RunReport): Fault[] {
  return [...rows.faults, ...(mutations?.faults ?? []), ...whole("the log", [...new Set(met)]), ...whole("the ledger at the end", broken)];
}

function whole(what: string, wrong: readonly string[]): Fault[] {
  return wrong.length > 0 ? [{ row: what, request: "", got: "", wrong }] : [];
}

export function reportText(report: RunReport): string {
  const { rows, mutations, seed } = report;
  const faults = allFaults(report);
  return [
    `Seed ${seed}.`,
    rowsTable(rows),
    ...(mutations === null ? [] : ["Mutations, by route:", routesTable(mutations)]),
    ...rows.notes.map((note) => `  ${note}`),
    `Waiting: ${
      Object.entries(WAITING)
        .map(([id, why]) => `A${id} (${why})`)
        .join(" · ") || "nothing"
    }. ${NEVER_THERE.map((id) => `A${id}`).join(" and ")} never existed; the last is A${LAST}.`,
    `Canaries: ${report.canaries} secrets, ${report.logLines} log lines and every answer looked through. Invariants that do not hold: ${report.broken.length}.`,
    ...faults.map(faultText),
    faults.length === 0 ? "Nothing is wrong." : `${faults.length} faults.`,
  ].join("\n");
}

function rowsTable({ groups }: RowsReport): string {
  const table = plainTable(["group", "rows", "passed", "requests", "p50 ms", "p99 ms", "max ms"]);
  for (const { group, rows, passed, requests, times } of groups) table.push([group, rows, passed, requests, ...timesOf(times)]);
  return table.toString();
}

function routesTable({ routes }: MutationsReport): string {
  const table = plainTable(["route", "sent", "statuses", "p50 ms", "p99 ms", "max ms"]);
  for (const { name, sent, statuses, times } of routes) {
    const spread = Object.entries(statuses).map(([status, count]) => `${status}×${count}`);
    table.push([name.replace("/api/v1", ""), sent, spread.join(" "), ...timesOf(times)]);
  }
  const all = routes.flatMap(({ times }) => times);
  table.push(["all", all.length, "", ...timesOf(all)]);
  return table.toString();
}

function plainTable(head: string[]): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

/** Half of them took no longer, 99 of 100 took no longer, none took longer. Figures to read, never to assert. */
function timesOf(times: readonly number[]): string[] {
  const sorted = times.toSorted((a, b) => a - b);
  return [0.5, 0.99, 1].map((part) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]?.toFixed(1) ?? "");
}

/** One fault as a block of lines. */
export function faultText({ row, request, got, wrong }: Fault): string {
  const lines = [`✗ ${row}`, ...(request === "" ? [] : [`  asked:  ${request}`]), ...(got === "" ? [] : [`  got:    ${got}`])];
  return [...lines, ...wrong.map((what) => `  wrong:  ${what}`)].join("\n");
}
