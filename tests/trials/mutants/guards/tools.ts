// Guards of turns that use tools: what a further call may hold, and for whom.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const RAISE = `${STATEMENTS}/raise-hold.ts`;
const RAISED = "tests/turns/turn-hold-raised.test.ts";

export const TOOL_GUARDS: readonly Mutant[] = [
  {
    name: "raise-covered",
    guard: "A further call is made whether the wallet covers it or not.",
    patches: [{ file: RAISE, find: "       and reckoned.covered\n", replace: "       and reckoned.covered is not null\n" }],
    test: { file: RAISED, name: "to the last credit it is covered, and a hundred-millionth beyond it nothing is written" },
  },
  {
    name: "raise-attempt",
    guard: "A request that was taken over raises the hold of whoever took it over.",
    patches: [{ file: RAISE, find: "and turns.attempt = ${slot.attempt}::int", replace: "and turns.attempt <= ${slot.attempt}::int" }],
    test: { file: RAISED, name: "nobody raises the hold of a turn that is over, of another attempt, or of somebody else" },
  },
  {
    name: "raise-running",
    guard: "The hold of a turn that is over is raised, and nobody ever gives it back.",
    patches: [{ file: RAISE, find: "and turns.status = 'running'", replace: "and turns.status <> 'failed'" }],
    test: { file: RAISED, name: "nobody raises the hold of a turn that is over, of another attempt, or of somebody else" },
  },
  {
    name: "raise-own-hold",
    guard: "What a turn holds already counts as somebody else's: it pays twice for its place.",
    patches: [{ file: RAISE, find: "- wallet.held + own.hold - ${slot.spent}", replace: "- wallet.held - ${slot.spent}" }],
    test: { file: RAISED, name: "to the last credit it is covered, and a hundred-millionth beyond it nothing is written" },
  },
  {
    name: "void-from-the-lock",
    guard: "A void takes a raised hold from what the wallet held before the raise: the row is refused, and the turn stays open.",
    patches: [
      {
        file: `${STATEMENTS}/void-turn.ts`,
        find: "set held = voided.held - voided.hold",
        replace: "set held = credit_wallets.held - voided.hold",
      },
    ],
    test: { file: RAISED, name: "raised beside its own settle, void or sweep, whichever comes first, nothing stays held" },
  },
  {
    name: "tools-charged",
    guard: "What a tool costs is shown and not taken.",
    patches: [
      {
        file: `${STATEMENTS}/settle-turn.ts`,
        find: "coalesce((select sum(credits_charged) from uses), 0)",
        replace: "coalesce((select sum(credits_charged) * 0 from uses), 0)",
      },
    ],
    test: {
      file: "tests/turns/conversation.test.ts",
      name: "a tool that has a price is charged with the turn's one debit, each use that worked; receipt, rollup and margin know of it",
    },
  },
];
