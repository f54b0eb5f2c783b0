// Guards of the arithmetic: one rounding, from the exact value, of tokens that can be true.

import type { Mutant } from "../mutant.ts";

const USAGE = "packages/core/src/metering/usage.ts";
const TITLE = "$name";

export const METERING_GUARDS: readonly Mutant[] = [
  {
    name: "deduction-rounding",
    guard: "Charges are cut instead of rounded half up: every turn loses its last fraction.",
    patches: [
      {
        file: "packages/contract/src/money.ts",
        find: "return value.round(decimals, Decimal.roundHalfUp);",
        replace: "return value.round(decimals, Decimal.roundDown);",
      },
    ],
    test: {
      file: "tests/pricing/charge.test.ts",
      name: "are rounded half up once at 8 decimals, and the display figure comes from the exact value, not from the rounded one",
    },
  },
  {
    name: "rounded-twice",
    guard: "The shown figure is rounded from the charge instead of the exact value: it is a step too high at the edge.",
    patches: [
      {
        file: "packages/core/src/pricing/charge.ts",
        find: "burned: burnedOf(exact)",
        replace: "burned: burnedOf(roundHalfUp(exact, CHARGED_DECIMALS))",
      },
    ],
    test: {
      file: "tests/pricing/charge.test.ts",
      name: "are rounded half up once at 8 decimals, and the display figure comes from the exact value, not from the rounded one",
    },
  },
  {
    name: "cached-above-input",
    guard: "Cached tokens may be more than the input that they are a part of: fresh ones go below zero, and the charge with them.",
    patches: [{ file: USAGE, find: "report.cacheRead ?? 0, input, 0)", replace: "report.cacheRead ?? 0, bounds.credibleInput, 0)" }],
    test: { file: "tests/metering/usage.test.ts", name: TITLE, row: "no sum, beside more than the hold: caps" },
  },
  {
    name: "surplus-believed",
    guard: "A total that holds thoughts which were told nowhere makes its parts unbelieved: a true prompt above the hold is cut to it.",
    patches: [
      {
        file: "packages/core/src/models/report.ts",
        find: '? "surplus" : "total"',
        replace: '? "total" : "total"',
      },
    ],
    test: {
      file: "tests/metering/usage.test.ts",
      name: TITLE,
      row: "surplus beside more than the hold: stays",
    },
  },
  {
    name: "missing-usage",
    guard: "A usage block that is not there counts as zero: whoever breaks the provider's stream pays nothing.",
    patches: [
      {
        file: USAGE,
        find: "{ ...own, cached: 0,",
        replace: "{ input: 0, output: 0, cached: 0,",
      },
    ],
    test: { file: "tests/metering/usage.test.ts", name: TITLE, row: "no block" },
  },
  {
    name: "estimate-above-hold",
    guard: "An estimate is not capped by what was held: a guess of ours overdraws the wallet.",
    patches: [{ file: USAGE, find: "Math.min(bounds.outputEstimate, bounds.maxOutput)", replace: "bounds.outputEstimate" }],
    test: { file: "tests/metering/usage.test.ts", name: TITLE, row: "no block, estimates above the hold" },
  },
  {
    name: "credible-input",
    guard: "There is no limit to what a provider is believed: one nonsense figure empties a wallet.",
    patches: [{ file: USAGE, find: "figure === null ? Infinity : limit)", replace: "Infinity)" }],
    test: { file: "tests/metering/usage.test.ts", name: TITLE, row: "input above what is credible" },
  },
  {
    name: "clamped-to-hold",
    guard: "A figure above what is credible is cut to the hold: a true prompt is billed at less than half.",
    patches: [{ file: USAGE, find: "isBelieved ? asked : Math", replace: "isBelieved && asked <= bounds.maxInput ? asked : Math" }],
    test: {
      file: "tests/turns/turn-usage.test.ts",
      name: "a prompt above the window that history is cut to, but one that a provider may take, is billed as it came and counted",
    },
  },
  {
    name: "bound-nfkc",
    guard: "A text has no more tokens than octets: what a tokenizer makes longer before it reads it is held for in part.",
    patches: [
      {
        file: "packages/core/src/metering/token-bound.ts",
        find: 'Math.max(octets, Buffer.byteLength(text.normalize("NFKC"), "utf8"))',
        replace: "octets",
      },
    ],
    test: {
      file: "tests/turns/turn-bound.test.ts",
      name: "a sign that is five tokens in three octets is held for in full: 8 000 of them end at zero or above, and nothing is given away",
    },
  },
  {
    name: "capped-charge",
    guard: "Under CREDIT_OVERDRAFT=none what a call uses above its hold is charged: the wallet ends below zero.",
    patches: [
      {
        file: "packages/core/src/turns/call-record.ts",
        find: "turn.coveredInFull ? capped(whole, leftOf(turn.hold, before)) : whole",
        replace: "whole",
      },
    ],
    test: {
      file: "tests/turns/turn-bound.test.ts",
      name: "what a call uses above its hold is the house's: the charge is the hold, its row recomputes, and it is counted",
    },
  },
];
