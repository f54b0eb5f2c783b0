// Guards of prices and of what they earn: whose credits a report says were spent.

import type { Mutant } from "../mutant.ts";

const SPENDING = { file: "tests/reports/margin-spending.test.ts" };
const RANDOM = "the parts of random ledgers are the oracle's, by model, by day and together, and they add up to the revenue";

export const PRICE_GUARDS: readonly Mutant[] = [
  {
    name: "gifts-fill-debts",
    guard: "A gift to a wallet in debt is spent twice: by the debt, and by the next turn.",
    patches: [
      {
        file: "packages/core/src/reports/spending.ts",
        find: "greatest(ledger.balance_after - ledger.amount, 0) as before",
        replace: "ledger.balance_after - ledger.amount as before",
      },
    ],
    test: { ...SPENDING, name: "a gift that fills a debt is gone with it" },
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
    test: { ...SPENDING, name: RANDOM },
  },
];
