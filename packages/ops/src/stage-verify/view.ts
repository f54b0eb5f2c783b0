// The evidence in a terminal: a table of rows, what is not as expected in full, one line that sums it up.

import { styleText } from "node:util";
import Table from "cli-table3";
import type { Outcome, Row } from "./evidence.ts";
import type { StageEvidence } from "./verify-stage.ts";

/** The whole evidence as text, about 120 columns wide. Colours only where the terminal wants them. */
export function renderEvidence(evidence: StageEvidence): string {
  const notGood = evidence.rows.filter(({ ok }) => ok === false);
  const place = `${evidence.url}, stage ${evidence.stage ?? "unknown"}, expected ${evidence.expected_commit}, ${evidence.expected_migration_head}`;
  const details = notGood.map((row) => `\n${inFull(row).join("\n")}`);
  return [`  ${place}`, "", table(evidence.rows), ...details, "", `  ${sums(evidence.rows)}`].join("\n");
}

const MARKS: Readonly<Record<Outcome, string>> = { green: "✓", red: "✗", "not run": "✗", skipped: "–" };
const COLOURS = { green: "green", red: "red", "not run": "red", skipped: "yellow" } as const satisfies Record<Outcome, string>;

/** Columns stand apart by space alone: lines would cost the width of a terminal. */
const NO_LINES = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left-mid", "mid", "mid-mid", "right", "right-mid"])
    .map((part) => [part, ""]),
);

function table(rows: readonly Row[]): string {
  const view = new Table({
    head: ["", "Row", "Looked at", "Seen", "ms"].map((text) => styleText("bold", text)),
    colAligns: ["left", "left", "left", "left", "right"],
    colWidths: [null, null, 40, 48, null],
    wordWrap: true,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    chars: { ...NO_LINES, middle: "  ", left: "  " },
  });
  for (const { id, what, seen, outcome, ms } of rows) {
    const said = outcome === "red" || outcome === "green" ? seen : `${outcome}: ${seen}`;
    view.push([styleText(COLOURS[outcome], MARKS[outcome]), id, what, said, String(ms)]);
  }
  return view.toString();
}

function inFull({ id, expected, seen, outcome, request_id: request }: Row): string[] {
  const lines = [
    `  ${styleText("red", `✗ ${id}`)}${outcome === "not run" ? " (not run)" : ""}`,
    `    expected  ${expected}`,
    `    seen      ${seen}`,
  ];
  return request === null ? lines : [...lines, `    request   ${request}`];
}

function sums(rows: readonly Row[]): string {
  const count = (outcome: Outcome) => rows.filter((row) => row.outcome === outcome).length;
  const parts = (["green", "red", "not run", "skipped"] as const).filter((outcome) => outcome === "green" || count(outcome) > 0);
  return parts.map((outcome) => styleText(COLOURS[outcome], `${count(outcome)} ${outcome}`)).join(", ");
}
