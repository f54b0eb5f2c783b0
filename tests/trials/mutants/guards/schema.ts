// Rules that the schema says again: unique indexes, checks, triggers.

import type { Mutant } from "../mutant.ts";

export const SCHEMA_GUARDS: readonly Mutant[] = [
  {
    name: "turns-key",
    guard: "The index on a caller's key is not unique: one key sent to many sessions at once runs, and is charged, in each.",
    patches: [
      {
        file: "migrations/20261120_0019_turn_money.ts",
        find: "create unique index turns_key on turns",
        replace: "create index turns_key on turns",
      },
    ],
    test: {
      file: "tests/turns/turn-guards.test.ts",
      name: "of 20 turns that are opened at once under $what, one opens",
      row: "of 20 turns that are opened at once under one key, in 20 sessions, one opens",
    },
  },
  {
    name: "turns-position",
    guard: "The index on a session's numbers is not unique: turns of one session run side by side, each on a stale history.",
    patches: [
      {
        file: "migrations/20261120_0019_turn_money.ts",
        find: "create unique index turns_position on turns",
        replace: "create index turns_position on turns",
      },
    ],
    test: {
      file: "tests/turns/turn-guards.test.ts",
      name: "of 20 turns that are opened at once under $what, one opens",
      row: "of 20 turns that are opened at once under one session, without a key, one opens",
    },
  },
  {
    name: "grant-reference",
    guard: "A ledger row's reference is not unique: a payment that is told of many times at once is granted many times.",
    patches: [
      {
        file: "migrations/20260222_0011_create_credit_tables.ts",
        find: "constraint credit_transactions_reference unique (kind, reference_id)",
        replace: "constraint credit_transactions_reference unique (id, kind, reference_id)",
      },
    ],
    test: {
      file: "tests/payments/webhook-races.test.ts",
      name: "told while its user's wallet is held, so that every copy waits for it, is granted once",
    },
  },
  {
    name: "wallet-nan",
    guard: "A wallet's balance may be NaN, which is larger than every number: such a wallet is never empty again.",
    patches: [
      {
        file: "migrations/20260222_0011_create_credit_tables.ts",
        find: "constraint credit_wallets_balance check (balance <> 'NaN')",
        replace: "constraint credit_wallets_balance check (balance is not null)",
      },
    ],
    test: { file: "tests/db/schema-constraints.test.ts", name: "NaN is refused in every numeric column of every table" },
  },
  {
    name: "ledger-append-only",
    guard: "Rows of the ledger may be changed after they were written.",
    patches: [
      {
        file: "migrations/20261120_0023_append_only.ts",
        find: "create trigger credit_transactions_append_only before update or delete on",
        replace: "create trigger credit_transactions_append_only before delete on",
      },
    ],
    test: {
      file: "tests/db/append-only.test.ts",
      name: "refuses %s and keeps every row",
      row: "refuses UPDATE and keeps every row",
    },
  },
  {
    name: "price-revision",
    guard: "A price that is changed by hand raises no revision: containers go on at the old one.",
    patches: [
      {
        file: "migrations/20261120_0020_settings_and_rollup.ts",
        find: "    -- A version keeps its name, label, date and weights; only the mark of the active one moves.",
        replace: "    drop trigger model_pricing_updated on model_pricing;\n",
      },
    ],
    test: { file: "tests/pricing/revision.test.ts", name: "%s raises it by %i", row: "one price raises it by 1" },
  },
  {
    name: "top-up-slots",
    guard: "The slots of unpaid top-ups are not unique: parallel requests start any number of payments.",
    patches: [
      {
        file: "migrations/20261120_0025_top_up_slots.ts",
        find: "create unique index top_ups_open_slot on top_ups",
        replace: "create index top_ups_open_slot on top_ups",
      },
    ],
    test: {
      file: "tests/payments/top-up.test.ts",
      name: "are ten a user at most, exactly, however many are asked for at once: the others are 429",
    },
  },
];
