// Guards of what admins book by hand, and of what payers cancel: whose wallet may be made, how much is taken, what is still payable.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const DEDUCT = `${STATEMENTS}/deduct-by-admin.ts`;
const CANCEL = "packages/core/src/payments/cancel.ts";
const CANCEL_TEST = "tests/payments/top-up-cancel.test.ts";
const PAYERS_TEST = "tests/payments/told-to-payers.test.ts";
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
    name: "cancel-at-stripe",
    guard: "A top-up is canceled here and not at Stripe: its owner pays what they have given up.",
    patches: [
      {
        file: CANCEL,
        find: 'seen && known?.status !== "canceled" ? await told(deps, id, canceled(deps.stripe, payment)) : seen',
        replace: "seen",
      },
    ],
    test: { file: CANCEL_TEST, name: "cancels its payment at Stripe, frees its place, and is answered alike however often it is asked" },
  },
  {
    name: "cancel-paid",
    guard: "What was paid is canceled, and its credits come only when an event does.",
    patches: [{ file: CANCEL, find: "    await settlePayment(deps, known, null);\n    return;\n", replace: "    // nothing\n" }],
    test: { file: CANCEL_TEST, name: "meanwhile grants it, once, and is 409" },
  },
  {
    name: "cancel-refused",
    guard: "A cancellation that Stripe refuses counts as done.",
    patches: [
      { file: CANCEL, find: '  if (last === "refused") return;\n', replace: "" },
      { file: CANCEL, find: "last?.at ??", replace: '(last === "refused" ? null : last)?.at ??' },
    ],
    test: { file: CANCEL_TEST, name: "that Stripe refuses is looked at again: paid in between, it is granted" },
  },
  {
    name: "title-of-others",
    guard: "An admin reads the titles of somebody's sessions in their ledger.",
    patches: [{ file: "packages/core/src/ledger/described.ts", find: 'reader === "owner" && row.deleted_at', replace: "row.deleted_at" }],
    test: {
      file: PAYERS_TEST,
      name: "for a turn by its model, and by its session's title for its owner alone, until that is deleted",
    },
  },
  {
    name: "receipt-of-others",
    guard: "Anybody reads what somebody else paid.",
    patches: [
      {
        file: "packages/core/src/payments/receipt.ts",
        find: '    .where("user_id", "=", wallet)\n    .where("source"',
        replace: '    .where("source"',
      },
    ],
    test: { file: PAYERS_TEST, name: "of what an admin granted or took is its row; of a refund there is none" },
  },
  {
    name: "receipt-price",
    guard: "A top-up does not keep what a credit cost: its receipt has no price, or another day's.",
    patches: [
      {
        file: "packages/core/src/payments/statements/top-up.ts",
        find: "${slot.usdPerCredit}::numeric, free.slot",
        replace: "nullif(${slot.usdPerCredit}::numeric, 0.03), free.slot",
      },
    ],
    test: { file: PAYERS_TEST, name: "of a top-up names its payment and its price, and divides again by the price of its day" },
  },
  {
    name: "invariant-deduction",
    guard: "A deduction is audited as a grant.",
    patches: [{ file: DEDUCT, find: 'action: "wallet.deduct"', replace: 'action: "wallet.grant"' }],
    test: { file: "tests/ledger/ledger-invariants.test.ts", name: "a story of everything keeps every invariant" },
  },
];
