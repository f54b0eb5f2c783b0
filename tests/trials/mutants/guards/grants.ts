// Guards of grants that need two admins: the sum of a day, who confirms, and that it is booked once.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const TEST = "tests/ledger/grants-by-two.test.ts";

export const GRANT_GUARDS: readonly Mutant[] = [
  {
    name: "grant-sum",
    guard: "The day's row refuses nothing: one admin grants any sum.",
    patches: [{ file: `${STATEMENTS}/granted-alone.ts`, find: "           ${slot.most}::numeric\n", replace: "           null\n" }],
    test: { file: TEST, name: "is granted to the last decimal, over all wallets; what is above it is proposed and not booked" },
  },
  {
    name: "grant-sum-race",
    guard: "A day's row is overwritten and not added to: grants that race are counted as one.",
    patches: [
      {
        file: `${STATEMENTS}/granted-alone.ts`,
        find: "set credits = known.credits + excluded.credits,",
        replace: "set credits = excluded.credits,",
      },
    ],
    test: { file: TEST, name: "is never passed by requests that race, on one wallet or on many" },
  },
  {
    name: "grant-sum-quarantine",
    guard: "The credits that an admin names for a payment in quarantine count for nothing: the sum has a way round it.",
    patches: [{ file: "packages/core/src/payments/resolve.ts", find: "bought === null || credits.gt(bought)", replace: "false" }],
    test: { file: TEST, name: "binds the credits that an admin names for a payment in quarantine, and not what the payment bought" },
  },
  {
    name: "grant-second-admin",
    guard: "An admin confirms what they have proposed themselves: only a CHECK is in their way.",
    patches: [
      { file: `${STATEMENTS}/propose-grant.ts`, find: "       and grant_proposals.proposed_by <> ${slot.actor}::text\n", replace: "" },
      { file: "packages/core/src/ledger/proposals.ts", find: "if (first === by.actor) {", replace: "if (first === by.actor && false) {" },
    ],
    test: { file: TEST, name: "is booked by a second admin, once, with both of them in the audit" },
  },
  {
    name: "grant-confirmed-once",
    guard: "A proposed grant is confirmed whatever became of it: it is dismissed and booked.",
    patches: [
      {
        file: `${STATEMENTS}/propose-grant.ts`,
        find: "       and grant_proposals.status = 'proposed'\n",
        replace: "",
      },
    ],
    test: { file: TEST, name: "that was dismissed since it was looked at is not booked" },
  },
  {
    name: "grant-proposal-rights",
    guard: "The application may change what was proposed after it was proposed.",
    patches: [
      {
        file: "migrations/20261122_0055_grants_by_two.ts",
        find: "grant select, insert, update (status, resolved_by, resolved_at) on grant_proposals",
        replace: "grant select, insert, update on grant_proposals",
      },
    ],
    test: { file: TEST, name: "is not given %s by the application", row: "is not given another amount by the application" },
  },
];
