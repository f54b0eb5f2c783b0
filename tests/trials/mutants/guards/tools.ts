// Guards of turns that use tools: what a further call may hold, and for whom.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const RAISE = `${STATEMENTS}/raise-hold.ts`;
const TURNS = "packages/core/src/turns";
const TOOLS = "tests/turns/turn-tools.test.ts";
const FAULTS = "tests/turns/turn-tool-faults.test.ts";
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
    test: { file: RAISED, name: "a void that waited for the wallet while the hold was raised gives back all of it" },
  },
  {
    name: "tool-steps",
    guard: "A loop of tools has no end but the wallet's.",
    patches: [
      { file: `${TURNS}/loop.ts`, find: "const mayCall = step < MOST_STEPS;", replace: "const mayCall = step < MOST_STEPS * 100;" },
    ],
    test: { file: TOOLS, name: "a loop that never ends is ended after eight steps, and answers without tools" },
  },
  {
    name: "tool-allowed",
    guard: "A model uses a tool that its session does not allow.",
    patches: [
      {
        file: "packages/core/src/tools/toolbox.ts",
        find: "allowed.find((known) => known === call.name)",
        replace: '([...allowed, "search", "file_read"] as const).find((known) => known === call.name)',
      },
    ],
    test: { file: TOOLS, name: "a session without tools offers none, and one with some those alone" },
  },
  {
    name: "tool-key-stays",
    guard: "A search provider sends elsewhere, and the key goes there.",
    patches: [{ file: "packages/core/src/tools/search.ts", find: 'redirect: "manual"', replace: 'redirect: "follow"' }],
    test: { file: FAULTS, name: "%s", row: "a redirect, which is not followed" },
  },
  {
    name: "budget-not-covered",
    guard: "A turn whose further call is not covered makes it all the same.",
    patches: [
      { file: `${TURNS}/raise.ts`, find: "if (!row.covered) return", replace: "if (!row.covered && row.output_tokens < 0) return" },
    ],
    test: { file: FAULTS, name: "ends the turn with what it has said: finish_reason budget, and paid" },
  },
  {
    name: "text-or-void",
    guard: "A turn that has said nothing is paid for.",
    patches: [{ file: `${TURNS}/loop.ts`, find: 'return text.trim() !== "";', replace: "return text.length >= 0;" }],
    test: { file: FAULTS, name: "voids a turn that has said nothing: 402, nothing is charged, and what it cost is lost revenue" },
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
  {
    name: "tools-unpaid",
    guard: "A wallet that can pay no answer runs tools as often as it likes: every such turn is void, and costs us its calls.",
    patches: [
      { file: `${STATEMENTS}/conversation.ts`, find: ">= ${sql.lit(UNPAID_TURNS)}", replace: ">= 1000 * ${sql.lit(UNPAID_TURNS)}" },
    ],
    test: {
      file: FAULTS,
      name: "cannot be emptied of what it costs us: after three void turns within an hour its owner is answered without tools, and pays",
    },
  },
];
