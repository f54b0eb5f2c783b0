// The tour in a terminal: a table of steps, one receipt, the figures.

import { styleText } from "node:util";
import Table from "cli-table3";
import type { Burst } from "./burst.ts";
import type { Tour } from "./tour.ts";
import type { Step } from "./walk.ts";

/** The whole tour as text, about 120 columns wide. Colours only where the terminal wants them. */
export function renderTour(tour: Tour): string {
  return [
    stepsTable(tour.steps),
    dim("  SQL: statements sent. A turn is two; the first after a start, or after a price or switch changed, also loads the catalogue."),
    "",
    `  ${bold("The receipt")}  fresh × weight + cached × weight + output × weight, times the multiplier, over tokens per credit`,
    ...tour.receipt.map((line) => `  ${line}`),
    "",
    ...(tour.burst === null ? [] : [burstLine(tour.burst)]),
  ].join("\n");
}

function burstLine({ turns, statementsPerTurn, p50Ms, p99Ms }: Burst): string {
  return `  ${bold("A turn's own time")}  p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)} beside the model, ${statementsPerTurn} statements each (${turns} turns)`;
}

/** True when every step was answered as expected. */
export function tourSucceeded(tour: Tour): boolean {
  return tour.burst !== null && tour.steps.every((step) => step.ok);
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

function stepsTable(steps: readonly Step[]): string {
  const table = new Table({
    head: ["", "Step", "Request", "", "Answer", "ms", "SQL"].map(bold),
    colAligns: ["left", "left", "left", "right", "left", "right", "right"],
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    chars: { ...NO_LINES, middle: "  ", left: "  " },
  });
  for (const step of steps) {
    table.push([
      step.ok ? green("✓") : red("✗"),
      step.what,
      dim(step.request),
      step.status < 300 ? green(String(step.status)) : yellow(String(step.status)),
      step.outcome,
      step.ms.toFixed(1),
      String(step.statements),
    ]);
  }
  return table.toString();
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

const bold = (text: string) => styleText("bold", text);
const dim = (text: string) => styleText("dim", text);
const green = (text: string) => styleText("green", text);
const red = (text: string) => styleText("red", text);
const yellow = (text: string) => styleText("yellow", text);
