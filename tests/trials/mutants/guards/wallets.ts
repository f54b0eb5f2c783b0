// Guards of what admins book by hand: whose wallet may be made, and how much may be taken from one.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const DEDUCT = `${STATEMENTS}/deduct-by-admin.ts`;
const DEDUCT_TEST = "tests/ledger/admin-deduct.test.ts";

export const WALLET_GUARDS: readonly Mutant[] = [
  {
    name: "grant-known",
    guard: "A mistyped id gets a wallet, and the credits that were meant for somebody else.",
    patches: [
      {
        file: `${STATEMENTS}/grant-by-admin.ts`,
        find: "sql`${slot.create}::boolean\n",
        replace: "sql`(${slot.create}::boolean or true)\n",
      },
    ],
    test: {
      file: "tests/ledger/admin-wallets.test.ts",
      name: "at %s is 404 to somebody who was never here, unless it may make a wallet; to whoever is known it needs no word",
      row: "at wallets/{user}/grant is 404 to somebody who was never here, unless it may make a wallet; to whoever is known it needs no word",
    },
  },
  {
    name: "deduct-covered",
    guard: "An admin takes more than there is, without having said so.",
    patches: [{ file: DEDUCT, find: "wallet.balance - wallet.held >= ${slot.amount}::numeric", replace: "true" }],
    test: { file: DEDUCT_TEST, name: "200 of one credit take the hundred that are there, and no more" },
  },
  {
    name: "deduct-held",
    guard: "An admin takes the credits that a running turn holds: its charge then finds too little.",
    patches: [{ file: DEDUCT, find: "wallet.balance - wallet.held >=", replace: "wallet.balance >=" }],
    test: { file: DEDUCT_TEST, name: "leaves what a running turn holds, unless it may go below" },
  },
  {
    name: "invariant-deduction",
    guard: "A deduction is audited as a grant.",
    patches: [{ file: DEDUCT, find: 'action: "wallet.deduct"', replace: 'action: "wallet.grant"' }],
    test: { file: "tests/ledger/ledger-invariants.test.ts", name: "a story of everything keeps every invariant" },
  },
];
