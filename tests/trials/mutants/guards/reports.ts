// Guards of what is told of usage and money: whose it is, that a file is whole, and that a spreadsheet runs none of it.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";

export const REPORT_GUARDS: readonly Mutant[] = [
  {
    name: "own-turn",
    guard: "A turn is read by its id alone: anybody who has the id reads what another said.",
    patches: [
      { file: `${CORE}/turns/own-turn.ts`, find: '.where("t.user_id", "=", actor)', replace: '.where("t.user_id", "<>", `${actor}?`)' },
    ],
    test: { file: "tests/accounts/own-usage.test.ts", name: "is gone with its session, and unknown to anybody else" },
  },
  {
    name: "own-sums",
    guard: "The sums of one's own usage are everybody's.",
    patches: [
      {
        file: `${CORE}/reports/own-summary.ts`,
        find: "where user_id = ${wallet}::text",
        replace: "where user_id <> ${wallet}::text || '?'",
      },
    ],
    test: { file: "tests/accounts/own-usage.test.ts", name: "are of the last 30 days unless told otherwise, and of nobody else" },
  },
  {
    name: "file-formulas",
    guard: "A note that begins like a formula is written as it is: the spreadsheet of whoever opens the file runs it.",
    patches: [{ file: `${CORE}/reports/csv.ts`, find: "? `'${value}` : value", replace: "? value : value" }],
    test: { file: "tests/accounts/own-usage.test.ts", name: "have no formulas: a note is text, an amount below zero is a number" },
  },
  {
    name: "whole-file",
    guard: "A file ends at its most rows without a word: a part looks like the whole.",
    patches: [
      {
        file: `${CORE}/reports/csv.ts`,
        find: "if (total > MOST_ROWS || left < 0 || octets > PAGE_OCTETS) throw tooMuch();",
        replace: "if (left <= 0) break;",
      },
    ],
    test: { file: "tests/reports/csv.test.ts", name: "are refused above the most rows, and above what can be sent" },
  },
];
