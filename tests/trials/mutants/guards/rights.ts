// Guards of the application's role: what it may not do to what was booked, and how it is seen through when it may.

import type { Mutant } from "../mutant.ts";

const MIGRATION = "migrations/20261121_0045_application_role.ts";
const ROLE = "packages/core/src/db/connected-role.ts";
const TEST = "tests/db/application-role.test.ts";

export const RIGHTS_GUARDS: readonly Mutant[] = [
  {
    name: "role-past",
    guard: "The application may change the ledger's rows: only a trigger is in its way.",
    patches: [
      {
        file: MIGRATION,
        find: 'grant select, insert on ${ADDED_TO.join(", ")}',
        replace: 'grant select, insert, update on ${ADDED_TO.join(", ")}',
      },
    ],
    test: { file: TEST, name: "are what docs/security.md says of it, table by table, and nobody else's" },
  },
  {
    name: "role-owner-unseen",
    guard: "A function that connects as the tables' owner is taken for the application.",
    patches: [{ file: ROLE, find: "pg_has_role(current_user, held.relowner, 'MEMBER')", replace: "false" }],
    test: { file: TEST, name: "with %s is seen through", row: "with the owner's membership, unused is seen through" },
  },
  {
    name: "role-owner-untold",
    guard: "Nobody is told that a stage connects as the owner of its tables.",
    patches: [{ file: "functions/maintenance/jobs.ts", find: "  await watchRole(deps);\n", replace: "  void watchRole;\n" }],
    test: {
      file: "tests/maintenance/maintenance.test.ts",
      name: "a stage that connects as the owner of its tables is told of, and the application is not",
    },
  },
  {
    name: "reads-unwritten",
    guard: "An admin's read is answered whether or not it can be written down.",
    patches: [
      {
        file: "functions/admin/reads.ts",
        find: "await Promise.all([noteRead(",
        replace: "await Promise.allSettled([noteRead(",
      },
    ],
    test: { file: "tests/audit/admin-reads.test.ts", name: "is not answered when it cannot be written down" },
  },
  {
    name: "role-guards-off",
    guard: "A guard of the past that was switched off counts as one.",
    patches: [{ file: ROLE, find: "guard.tgenabled in ('O', 'A')", replace: "true" }],
    test: { file: TEST, name: "of an owner is seen through, and so is a guard that is off" },
  },
  {
    name: "role-limits",
    guard: "The application's login has no limits of time: a statement waits for a lock as long as it likes.",
    patches: [
      {
        file: "packages/core/src/db/app-login.ts",
        find: "    ...Object.entries(LIMITS).map(([limit, value]) => `alter role ${name} set ${limit} = '${value}'`),\n",
        replace: "",
      },
    ],
    test: { file: TEST, name: "is made once by many at once, with limits that it has from its first statement" },
  },
];
