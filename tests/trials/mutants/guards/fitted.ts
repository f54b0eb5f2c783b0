// Guards of a turn that is fitted to its wallet.

import type { Mutant } from "../mutant.ts";

const GATE = "packages/core/src/ledger/statements/gate.ts";
const BUDGET = "tests/turns/turn-budget.test.ts";

export const FITTED_GUARDS: readonly Mutant[] = [
  {
    name: "fitted-hold",
    guard: "A turn that is fitted to its wallet holds the price of the whole limit: it holds more than there is.",
    patches: [{ file: GATE, find: "${credits(slot, sql`limits.output_tokens`)} as credits", replace: "hold.credits" }],
    test: {
      file: BUDGET,
      name: "%s the output limit is what the wallet affords, told before the answer, and the hold is within the wallet",
      row: "under CREDIT_OVERDRAFT=none the output limit is what the wallet affords, told before the answer, and the hold is within the wallet",
    },
  },
  {
    name: "fitted-least",
    guard: "There is no least: whoever has a credit left runs turns whose answers are a word long, one after the other.",
    patches: [{ file: GATE, find: "means.output_tokens >= limits.least", replace: "means.output_tokens >= 0" }],
    test: { file: BUDGET, name: "the least is admitted to the credit, and a hundred-millionth less is a 402 that says so" },
  },
  {
    name: "fitted-held",
    guard: "What a wallet affords is reckoned from the whole balance: parallel turns are each fitted to the same credits.",
    patches: [{ file: GATE, find: "sql`(wallet.balance - wallet.held + ${ownHold})`", replace: "sql`wallet.balance`" }],
    test: {
      file: BUDGET,
      name: "40 turns that two containers fit to one small wallet at once hold no more than there is, whatever each of them got",
    },
  },
  {
    name: "fitted-own-hold",
    guard: "A turn that is taken over cannot use what its first attempt holds: it is refused for want of its own credits.",
    patches: [
      {
        file: "packages/core/src/ledger/statements/reopen-turn.ts",
        find: "coalesce((select ${FORMER_HOLD} from former), 0)",
        replace: "0",
      },
    ],
    test: { file: BUDGET, name: "a turn that is taken over is fitted anew, and what its first attempt held counts as available to it" },
  },
  {
    name: "budget-stop",
    guard: "A provider that ignores its limit is read to the end: the house pays for all that is above the hold.",
    patches: [
      {
        file: "packages/core/src/turns/converse.ts",
        find: "if (turn.coveredInFull && isBeyond(event)) spent.abort();",
        replace: "isBeyond(event);",
      },
    ],
    test: {
      file: BUDGET,
      name: "an answer that goes on beyond its hold is ended (%s): budget, settled, and never above the hold",
      row: "an answer that goes on beyond its hold is ended (stream): budget, settled, and never above the hold",
    },
  },
];
