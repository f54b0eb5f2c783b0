// Guards of what a turn is asked for: fitted to its wallet, by an alias that can, in the place of another turn.

import type { Mutant } from "../mutant.ts";

const GATE = "packages/core/src/ledger/statements/gate.ts";
const FUNDS = "packages/core/src/ledger/statements/funds.ts";
const CONVERSATION = "packages/core/src/ledger/statements/conversation.ts";
const SAMPLING = "tests/turns/turn-sampling.test.ts";
const REPLACED = "tests/turns/turn-replaced.test.ts";
const BUDGET = "tests/turns/turn-budget.test.ts";

export const ASKED_GUARDS: readonly Mutant[] = [
  {
    name: "fitted-hold",
    guard: "A turn that is fitted to its wallet holds the price of the whole limit: it holds more than there is.",
    patches: [{ file: FUNDS, find: "${held ?? credits(slot, sql`bounds.output_tokens`)} as credits", replace: "hold.credits" }],
    test: {
      file: BUDGET,
      name: "%s the output limit is what the wallet affords, told before the answer, and the hold is within the wallet",
      row: "under CREDIT_OVERDRAFT=none the output limit is what the wallet affords, told before the answer, and the hold is within the wallet",
    },
  },
  {
    name: "fitted-least",
    guard: "There is no least: whoever has a credit left runs turns whose answers are a word long, one after the other.",
    patches: [{ file: FUNDS, find: "means.output_tokens >= bounds.least", replace: "means.output_tokens >= 0" }],
    test: { file: BUDGET, name: "the least is admitted to the credit, and a hundred-millionth less is a 402 that says so" },
  },
  {
    name: "fitted-held",
    guard: "What a wallet affords is reckoned from the whole balance: parallel turns are each fitted to the same credits.",
    patches: [{ file: FUNDS, find: "sql`(wallet.balance - wallet.held + ${ownHold})`", replace: "sql`wallet.balance`" }],
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
        file: "packages/core/src/turns/ask.ts",
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
  {
    name: "unable-alias",
    guard: "An alias that cannot do what is asked runs all the same: the provider refuses, or leaves it out unseen.",
    patches: [{ file: GATE, find: "       and not price.unable\n", replace: "" }],
    test: {
      file: SAMPLING,
      name: "is refused with what it can: %s by %s, nothing held and nobody asked",
      row: "is refused with what it can: a seed by claude-haiku, nothing held and nobody asked",
    },
  },
  {
    name: "unable-cheaper",
    guard: "A 402 names cheaper aliases that cannot do what was asked: whoever takes one is refused again.",
    patches: [
      {
        file: "packages/core/src/ledger/statements/cheaper.ts",
        find: "                      and price.alias <> all(${slot.unable}::text[])\n",
        replace: "",
      },
    ],
    test: { file: SAMPLING, name: "is no cheaper alias of a 402" },
  },
  {
    name: "schema-weighed",
    guard: "A schema is not weighed: the hold of a turn that carries one is no bound.",
    patches: [{ file: CONVERSATION, find: " + ${slot.formatOctets}::int + 3", replace: " + 3" }],
    test: { file: SAMPLING, name: "is weighed where the model reads it: a schema is held for like a message of its length" },
  },
  {
    name: "replaced-elsewhere",
    guard: "A turn of another session, or of another person, may be replaced: who guesses an id learns that it is there.",
    patches: [{ file: "packages/core/src/ledger/statements/history.ts", find: "       and turns.session_id = session.id\n", replace: "" }],
    test: {
      file: REPLACED,
      name: "a turn that is not of this session is as unknown as one that never was; one that was not answered cannot be replaced",
    },
  },
  {
    name: "replaced-index",
    guard: "A turn that replaces an early one takes an index that is taken: it can never open.",
    patches: [{ file: CONVERSATION, find: "case when ${slot.replaces}::uuid is null", replace: "case when true" }],
    test: {
      file: REPLACED,
      name: "a place may be answered anew as often as one likes, by any of its turns, also in the middle: the newest counts, the order stays",
    },
  },
  {
    name: "session-as-it-was",
    guard: "A change of a session is written over another that was answered meanwhile.",
    patches: [
      {
        file: "packages/core/src/turns/statements/session.ts",
        find: "       and title is not distinct from ${slot.formerTitle}::text\n",
        replace: "",
      },
    ],
    test: {
      file: "tests/turns/session-patch.test.ts",
      name: "of changes that are made at once none is lost: each answer is what the session was then",
    },
  },
];
