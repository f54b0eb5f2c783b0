// Guards of limits: that the open statement and a raise decide them under the locks, and that what is used of them is counted.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const LIMITS = `${STATEMENTS}/limits.ts`;
const GATE = `${STATEMENTS}/gate.ts`;
const RAISE = `${STATEMENTS}/raise-hold.ts`;
const TEST = "tests/turns/turn-limits.test.ts";
const RAISED = "tests/turns/turn-hold-raised.test.ts";

const AT_ONE_PLACE = "opened directly at one place: holds together stay within the limit to the last decimal";
const BY_THE_MINUTE = "by the minute is told with what is left and when to come again, and writes nothing";

export const LIMIT_GUARDS: readonly Mutant[] = [
  {
    name: "limit-credits",
    guard: "A turn opens whatever the limits of credits leave.",
    patches: [{ file: GATE, find: "       and funds.within\n", replace: "" }],
    test: { file: TEST, name: AT_ONE_PLACE },
  },
  {
    name: "limit-calls",
    guard: "A turn opens whatever the limits of calls say.",
    patches: [{ file: GATE, find: "       and allowance.closed is null\n", replace: "" }],
    test: { file: TEST, name: BY_THE_MINUTE },
  },
  {
    name: "limit-key-held",
    guard: "What the turns of a key hold is not counted before they settle: many at once pass its limit.",
    patches: [
      {
        file: LIMITS,
        find: '["credits_total", sql`pass.spent + used.key_held`, none]',
        replace: '["credits_total", sql`pass.spent`, none]',
      },
    ],
    test: { file: TEST, name: AT_ONE_PLACE },
  },
  {
    name: "limit-key-counted",
    guard: "A key does not count its calls.",
    patches: [
      { file: LIMITS, find: "     where api_keys.id = ${slot.apiKey}::uuid\n  )`;", replace: "     where api_keys.id is null\n  )`;" },
    ],
    test: { file: TEST, name: "of a key leaves its owner's own calls alone, and the owner's counts for the key" },
  },
  {
    name: "limit-person-counted",
    guard: "A person's calls are not counted.",
    patches: [
      {
        file: `${STATEMENTS}/open-turn.ts`,
        find: '       set held = credit_wallets.held + begun.hold,\n           ${called("credit_wallets")}\n',
        replace: "       set held = credit_wallets.held + begun.hold\n",
      },
    ],
    test: { file: TEST, name: BY_THE_MINUTE },
  },
  {
    name: "limit-lower-counts",
    guard: "What a person sets for themselves is not asked where an admin set a limit too.",
    patches: [{ file: LIMITS, find: "least((wallet.limits_own ->> ${named})::numeric,", replace: "least(null::numeric," }],
    test: { file: TEST, name: "one's own below an admin's, an admin's below one's own, and the stage's where no admin set any" },
  },
  {
    name: "limit-raise",
    guard: "A further call of a turn with tools is made whatever the limits leave.",
    patches: [{ file: RAISE, find: "           enough.within\n             and bounds", replace: "           bounds" }],
    test: {
      file: RAISED,
      name: "no limit of a person lets a further call pass it: what the turn spent counts, and what it holds counts once",
    },
  },
  {
    name: "limit-raise-spent",
    guard: "What a turn spent before its further call is not counted against the limits.",
    patches: [
      {
        file: RAISE,
        find: "coalesce(allowance.credits_left >= ${slot.spent}::numeric\n                                      + ",
        replace: "coalesce(allowance.credits_left >= ",
      },
    ],
    test: { file: RAISED, name: "of 20 turns that ask at once for the last of a limit one gets it" },
  },
  {
    name: "limit-raise-key",
    guard: "The limits of the key that a turn came with are not asked for its further calls.",
    patches: [{ file: RAISE, find: "  ${pass(slot)},\n", replace: "  pass as (select * from api_keys where false),\n" }],
    test: { file: RAISED, name: "no limit of a key does either, and only that of the key that the turn came with; revoked or not" },
  },
];
