// Guards of prices and of what they earn: whose credits a report says were spent.

import type { Mutant } from "../mutant.ts";

const SPENDING = { file: "tests/reports/margin-spending.test.ts" };

export const PRICE_GUARDS: readonly Mutant[] = [
  {
    name: "gifts-first",
    guard: "A refund takes gifts while there are credits that were bought.",
    patches: [
      {
        file: "packages/core/src/reports/spending.ts",
        find: "kind = 'debit' or",
        replace: "kind <> 'grant' or",
      },
    ],
    test: { ...SPENDING, name: "a payment that is taken back takes what was bought" },
  },
  {
    name: "gifts-bounded",
    guard: "More gifts are left than there are credits, after a payment was taken back.",
    patches: [
      {
        file: "migrations/20261121_0042_gifts_left.ts",
        find: "least(greatest(gifts + change, 0), spendable)",
        replace: "greatest(gifts + change, 0)",
      },
    ],
    test: { ...SPENDING, name: "and gifts where nothing else is left" },
  },
  {
    name: "gifts-shared-by-calls",
    guard: "Each call of a turn counts the whole of the gifts that the turn spent.",
    patches: [
      {
        file: "packages/core/src/reports/spending.ts",
        find: "greatest(least(up_to, granted) - (up_to - charged), 0)",
        replace: "least(charged, granted)",
      },
    ],
    test: { ...SPENDING, name: "its calls share them in their order" },
  },
];
