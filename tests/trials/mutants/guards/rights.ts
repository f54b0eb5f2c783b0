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
  {
    name: "sessions-most",
    guard: "A person opens as many sessions at once as they like.",
    patches: [
      {
        file: "packages/core/src/turns/statements/session.ts",
        find: "used.sessions < ${slot.mostSessions}::bigint",
        replace: "${slot.mostSessions}::bigint > 0",
      },
    ],
    test: {
      file: "tests/accounts/session-bounds.test.ts",
      name: "are never more than the stage allows, also for one who has none yet and opens many at once",
    },
  },
  {
    name: "prompts-most",
    guard: "A person makes prompts longer, each within its own bound.",
    patches: [
      {
        file: "packages/core/src/turns/statements/session.ts",
        find: "      where (select more from former) <= 0\n         or used.prompt_bytes",
        replace: "      where true or used.prompt_bytes",
      },
    ],
    test: { file: "tests/accounts/session-bounds.test.ts", name: "may be made shorter, and are refused by name when they are too long" },
  },
  {
    name: "prompts-erased",
    guard: "What a person's erased prompts took is never free again.",
    patches: [
      {
        file: "migrations/20261122_0063_bounds_and_columns.ts",
        find: "bytes := bytes - octet_length(coalesce(old.system_prompt, ''));",
        replace: "bytes := greatest(0, bytes - octet_length(coalesce(old.system_prompt, '')));",
      },
    ],
    test: { file: "tests/accounts/session-bounds.test.ts", name: "count until they are erased, and not after" },
  },
  {
    name: "whole-rows",
    guard: "The application may change whole rows, and nobody is told.",
    patches: [{ file: "packages/core/src/db/connected-role.ts", find: "has_table_privilege(held.oid, 'UPDATE')", replace: "false" }],
    test: {
      file: "tests/db/application-role.test.ts",
      name: "with %s is seen through",
      row: "with a right to change whole rows is seen through",
    },
  },
  {
    name: "columns",
    guard: "The application may change any column of a table that it changes.",
    patches: [
      {
        file: "migrations/20261122_0063_bounds_and_columns.ts",
        find: "execute format('revoke update on %I from pantheon_app', changed.name);",
        replace: "null;",
      },
    ],
    test: { file: "tests/db/column-rights.test.ts", name: "is never granted with all others of its row" },
  },
  {
    name: "verify-all",
    guard: "Whoever checks a stage may do all that an admin may.",
    patches: [{ file: "packages/edge/src/auth/access.ts", find: 'adminReach === "verify" && changes &&', replace: "false as boolean &&" }],
    test: { file: "tests/edge/verifying-admin.test.ts", name: "is refused whatever else an admin may change, and nothing happens" },
  },
  {
    name: "verify-grants",
    guard: "Whoever checks a stage grants as much as an admin.",
    patches: [{ file: "functions/admin/wallets.ts", find: 'c.var.adminReach === "verify" ?', replace: "(false as boolean) ?" }],
    test: {
      file: "tests/edge/verifying-admin.test.ts",
      name: "grants a little in a day: what is above waits for an admin, however it is cut",
    },
  },
];
