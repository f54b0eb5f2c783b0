// The tour in a terminal: a table of steps, one receipt, the figures.

import { styleText } from "node:util";
import Table from "cli-table3";
import type { Burst } from "./burst.ts";
import type { Tour } from "./tour.ts";
import type { Step } from "./walk.ts";

/** The whole tour as text, at most `width` columns wide (from 80 up). Colours only where the terminal wants them. */
export function renderTour(tour: Tour, width: number): string {
  return [
    stepsTable(tour.steps, width),
    dim("  SQL: statements sent. A turn is two; the first after a price or a switch"),
    dim("  changed also loads the catalogue."),
    ...(tour.receipt.length === 0 ? [] : ["", ...receiptLines(tour.receipt)]),
    ...(tour.burst === null ? [] : ["", ...burstLines(tour.burst)]),
  ].join("\n");
}

function receiptLines(receipt: readonly string[]): string[] {
  return [
    `  ${bold("The receipt")}  (fresh × weight + cached × weight + output × weight) × multiplier`,
    "               ÷ tokens per credit",
    ...receipt.map((line) => `  ${line}`),
  ];
}

function burstLines({ turns, p50Ms, p99Ms, statementsPerTurn }: Burst): string[] {
  return [
    `  ${bold("A turn's own time")}  p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)} beside the model,`,
    `  ${statementsPerTurn} statements each (${turns} turns)`,
  ];
}

/** True when it went to its end and every step was answered as expected. */
export function tourSucceeded(tour: Tour): boolean {
  return !tour.isStopped && tour.steps.every((step) => step.ok);
}

/** Columns stand apart by space alone: lines would cost the width of a terminal. */
const NO_LINES = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
  ].map((part) => [part, ""]),
);

/** Columns of the table beside the response's own, which takes what is left. */
const WIDTHS = { mark: 1, what: 22, request: 18, status: 3, ms: 6, sql: 3 } as const;
const GAP = 2;
/** From here on there is room for the request beside its step. */
const WITH_REQUEST = 100;

function stepsTable(steps: readonly Step[], width: number): string {
  const hasRequest = width >= WITH_REQUEST;
  const { mark, what, request, status, ms: time, sql } = WIDTHS;
  const before = hasRequest ? [mark, what, request, status] : [mark, what, status];
  const fixed = [...before, time, sql];
  const rest = width - fixed.reduce((sum, column) => sum + column + GAP, GAP);
  const table = new Table({
    head: ["", "Step", ...(hasRequest ? ["Request"] : []), "", "Answer", "ms", "SQL"].map(bold),
    colAligns: ["left", "left", ...(hasRequest ? (["left"] as const) : []), "right", "left", "right", "right"],
    colWidths: [...before, rest, time, sql],
    wordWrap: true,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    chars: { ...NO_LINES, middle: " ".repeat(GAP), left: " ".repeat(GAP) },
  });
  for (const step of steps) {
    table.push([
      step.ok ? green("✓") : red("✗"),
      step.what,
      ...(hasRequest ? [dim(step.request)] : []),
      statusOf(step),
      step.outcome,
      step.ms.toFixed(1),
      String(step.statements),
    ]);
  }
  return table.toString();
}

function statusOf({ status }: Step): string {
  if (status === null) return "";
  return status < 300 ? green(String(status)) : yellow(String(status));
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

const bold = (text: string) => styleText("bold", text);
const dim = (text: string) => styleText("dim", text);
const green = (text: string) => styleText("green", text);
const red = (text: string) => styleText("red", text);
const yellow = (text: string) => styleText("yellow", text);
