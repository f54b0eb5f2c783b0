// Guards of summaries: nobody pays for one, none fails a turn, and none takes more room than it makes.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";
const HISTORY = `${CORE}/ledger/statements/history.ts`;
const SUMMARISE = `${CORE}/turns/summarise.ts`;
const TESTS = "tests/turns/turn-summary.test.ts";
const FAULTS = "tests/turns/turn-summary-faults.test.ts";

export const SUMMARY_GUARDS: readonly Mutant[] = [
  {
    name: "summary-fallback",
    guard: "A summary that fails fails its turn: a cheap model that is away takes every long session with it.",
    patches: [
      {
        file: SUMMARISE,
        find: "return { turn: opened, memory: { ...spent, summary: null, usedFallback: true } };",
        replace: "throw error;",
      },
    ],
    test: { file: FAULTS, name: "when the model's answer is: %s", row: "when the model's answer is: fails" },
  },
  {
    name: "summary-cut",
    guard: "A summary that broke off is kept: what came after the break is forgotten for ever.",
    patches: [{ file: SUMMARISE, find: "if (answer.cut !== null) throw", replace: "if (answer.cut !== null && most < 0) throw" }],
    test: { file: FAULTS, name: "when the model's answer is: %s", row: "when the model's answer is: cut" },
  },
  {
    name: "summary-room",
    guard: "A summary may be as long as it likes: the prompt outgrows the window, and the hold.",
    patches: [
      { file: SUMMARISE, find: "storableText(answer.text.trim(), most)", replace: "storableText(answer.text.trim(), most * 9)" },
      { file: SUMMARISE, find: "if (tokenBound(text) > most)", replace: "if (tokenBound(text) > most * 9)" },
    ],
    test: { file: FAULTS, name: "when it is too long: it is cut to its room" },
  },
  {
    name: "summary-free",
    guard: "A summary is charged like the user's own call.",
    patches: [{ file: `${CORE}/turns/internal-call.ts`, find: "charge: free, status", replace: "charge: price, status" }],
    test: {
      file: TESTS,
      name: "costs its owner nothing for the summary, and the house what the provider asks, in one statement with the turn",
    },
  },
  {
    name: "summary-lost-cost",
    guard: "What a summary cost is forgotten when its turn gets no answer.",
    patches: [
      {
        file: `${CORE}/turns/converse.ts`,
        find: "  costs.push(...talk.calls.map(({ answer, usage }) => providerCost(answer, usage)));\n",
        replace: "",
      },
    ],
    test: { file: FAULTS, name: "when the turn gets no answer: the turn is free, what the summary cost is kept, and its key runs again" },
  },
  {
    name: "summary-newer",
    guard: "A summary replaces one that stands for more: what that one knew is forgotten.",
    patches: [
      {
        file: `${CORE}/ledger/statements/remembered.ts`,
        find: "\n      where (known.through_place, known.seen_index) < (excluded.through_place, excluded.seen_index)",
        replace: "",
      },
    ],
    test: { file: TESTS, name: "one that stands for less than the one that is there does not replace it" },
  },
  {
    name: "summary-half",
    guard: "Only what does not fit is summarised, so every turn of a full session summarises anew, at the house's cost.",
    patches: [{ file: SUMMARISE, find: "const SHARE_KEPT = 0.5;", replace: "const SHARE_KEPT = 0.9;" }],
    test: { file: TESTS, name: "is summarised again only when it has grown, from the summary before and the turns since" },
  },
  {
    name: "summary-renewed",
    guard: "A turn that was answered anew after it had been summarised is shown nowhere: neither by itself, nor in the summary.",
    patches: [{ file: HISTORY, find: "\n                          and turns.turn_index <= summary.seen", replace: "" }],
    test: { file: TESTS, name: "counts beside the summary, which does not know it, until the next summary has it" },
  },
  {
    name: "summary-of-later",
    guard: "A turn that stands in for a summarised one is told what came of the first: the summary knows it.",
    patches: [{ file: HISTORY, find: "or said.through_place < (select", replace: "or said.through_place <> (select -" }],
    test: { file: TESTS, name: "after it was summarised is told nothing of what came later, and makes no summary" },
  },
];
