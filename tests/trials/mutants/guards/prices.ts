// Guards of prices and of what they earn: whose credits a report says were spent.

import type { Mutant } from "../mutant.ts";

const SPENDING = { file: "tests/reports/margin-spending.test.ts" };

const VERSIONS = { file: "tests/pricing/version-reads.test.ts" };
const PRICES = "packages/core/src/pricing/prices.ts";

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
  {
    name: "effective-date",
    guard: "The statement activates a version before its date.",
    patches: [
      {
        file: "packages/core/src/pricing/statements/pricing-version.ts",
        find: "\n       and next.effective_date <= ${slot.today}::date",
        replace: "\n       and ${slot.today}::date is not null",
      },
    ],
    test: { ...VERSIONS, name: "is looked at by the statement itself too" },
  },
  {
    name: "activation-looked-at",
    guard: "An activation takes a revision that is out of date.",
    patches: [
      {
        file: PRICES,
        find: "if (ifRevision !== null && ifRevision !== revision)",
        replace: "if (ifRevision === revision && label === null)",
      },
    ],
    test: { ...VERSIONS, name: "is activated with the revision that was looked at, and with no other" },
  },
  {
    name: "price-without-report",
    guard: "A price cannot be changed while the rollup cannot be read.",
    patches: [
      {
        file: "packages/core/src/pricing/recent-use.ts",
        find: 'error.code === "database_unavailable"',
        replace: 'error.code === "internal"',
      },
    ],
    test: { ...VERSIONS, name: "do not keep a price from being changed when recent use cannot be read" },
  },
  {
    name: "break-even-rounded-up",
    guard: "A break-even is rounded down, and loses by the rest.",
    patches: [
      {
        file: "packages/core/src/pricing/economics.ts",
        find: "rounded.lt(exact) ? rounded.plus(LEAST_STEP) : rounded",
        replace: "rounded",
      },
    ],
    test: { file: "tests/pricing/economics.test.ts", name: "says what long inputs cost where the provider asks more for them" },
  },
  {
    name: "warm-start",
    guard: "A container starts without the prices, and its first turn loads them.",
    patches: [{ file: "functions/turn-deps.ts", find: "  await catalog.warm();", replace: "  void catalog;" }],
    test: {
      file: "tests/lambda/warm.test.ts",
      name: "that serves turns has loaded the prices when its first request comes, and does so once",
    },
  },
  {
    name: "warm-never-fails",
    guard: "A start fails with the database.",
    patches: [
      {
        file: "packages/core/src/pricing/catalog.ts",
        find: 'log.warn("The catalogue could not be loaded ahead.", { error: error instanceof Error ? error.name : typeof error });',
        replace: "throw error;",
      },
    ],
    test: { file: "tests/lambda/warm.test.ts", name: "that fails is said and nothing else: the next who asks loads the prices" },
  },
];
