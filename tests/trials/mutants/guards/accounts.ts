// Guards of accounts: who may top up, what a search finds, what is kept of a person.

import type { Mutant } from "../mutant.ts";

const ACCOUNTS = "packages/core/src/accounts";

export const ACCOUNT_GUARDS: readonly Mutant[] = [
  {
    name: "top-up-suspended",
    guard: "Whoever is suspended can go on paying.",
    patches: [
      {
        file: "packages/core/src/payments/checkout.ts",
        find: "  if (suspended) return answeredBefore(deps, wallet, key);\n",
        replace: "  void suspended;\n",
      },
    ],
    test: {
      file: "tests/accounts/admin-accounts.test.ts",
      name: "a suspended user starts no top-up and Stripe is not asked; what they had started is still answered under its key",
    },
  },
  {
    name: "search-pattern",
    guard: "A search is a pattern: one per cent sign lists everybody.",
    patches: [{ file: `${ACCOUNTS}/people.ts`, find: "query.replaceAll(/[\\\\%_]/g, String.raw`\\$&`)", replace: "query" }],
    test: {
      file: "tests/accounts/people.test.ts",
      name: "is searched by the beginning of an id, letter by letter, and no character is a pattern",
    },
  },
  {
    name: "people-cursor",
    guard: "A cursor of one search or order is taken by another, which then leaves people out.",
    patches: [
      {
        file: "packages/edge/src/output/list-page.ts",
        find: "const filtered = JSON.stringify(filters);",
        replace: 'const filtered = "{}";\n  void filters;',
      },
    ],
    test: { file: "tests/accounts/people.test.ts", name: "takes no cursor of another search, state, order or admin" },
  },
  {
    name: "reactivation-clears",
    guard: "A reason outlives its suspension.",
    patches: [
      {
        file: `${ACCOUNTS}/statements/set-suspension.ts`,
        find: "case when ${slot.suspended}::boolean then coalesce(${slot.reason}::text, person.reason) end",
        replace: "coalesce(${slot.reason}::text, person.reason)",
      },
    ],
    test: {
      file: "tests/accounts/admin-accounts.test.ts",
      name: "suspending twice keeps the first time, and reactivating twice changes nothing; each is audited with what was there",
    },
  },
];
