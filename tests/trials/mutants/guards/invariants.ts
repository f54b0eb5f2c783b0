// Guards whose loss the ledger's invariants notice by themselves, in a story that nobody looks at otherwise.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const SETTLE = `${STATEMENTS}/settle-turn.ts`;
const PAYMENT = `${STATEMENTS}/grant-payment.ts`;
const VERDICT = "packages/core/src/payments/verdict.ts";
const STORY = { file: "tests/ledger/ledger-invariants.test.ts", name: "a story of everything keeps every invariant" };

export const INVARIANT_GUARDS: readonly Mutant[] = [
  {
    name: "invariant-person",
    guard: "The credits of a payment go to whom its metadata name, and its top-up shows somebody else.",
    patches: [
      {
        file: "packages/core/src/payments/payment.ts",
        find: '  if (user !== null && user !== topUp.user_id) return "the payment names another user";\n',
        replace: "",
      },
      {
        file: VERDICT,
        find: "      user: topUp.user_id,\n      credits",
        replace: "      user: purpose.user ?? topUp.user_id,\n      credits",
      },
    ],
    test: STORY,
  },
  {
    name: "invariant-slot",
    guard: "A top-up that was paid keeps its slot: after ten of them its person can start no other.",
    patches: [
      {
        file: PAYMENT,
        find: "          slot = null,\n",
        replace: "",
      },
    ],
    test: STORY,
  },
  {
    name: "invariant-quarantine",
    guard: "A payment that was granted is set aside when its event comes again and does not fit.",
    patches: [
      { file: VERDICT, find: "if (known.isGranted || standing?.status", replace: "if (standing?.status" },
      {
        file: `${STATEMENTS}/quarantine-payment.ts`,
        find: "where known.status not in ('succeeded', 'dismissed')",
        replace: "where known.status not in ('dismissed')",
      },
    ],
    test: STORY,
  },
  {
    name: "invariant-target",
    guard: "A refund or dispute is recorded, and nothing is taken for it.",
    patches: [
      { file: "packages/core/src/payments/reversal.ts", find: "  await applyToWallet(db, reversal.payment, origin);\n", replace: "" },
    ],
    test: STORY,
  },
  {
    name: "invariant-step",
    guard: "A refund's ledger rows leave out a number.",
    patches: [{ file: `${STATEMENTS}/reverse-payment.ts`, find: "step + 1 as step", replace: "step + 2 as step" }],
    test: STORY,
  },
  {
    name: "invariant-refused",
    guard: "The rollup counts every turn as one that enforcement would have refused.",
    patches: [
      {
        file: `${STATEMENTS}/rollup.ts`,
        find: "bool_or(debit.would_refuse and spent.model_alias",
        replace: "bool_or(spent.model_alias",
      },
    ],
    test: STORY,
  },
  {
    name: "invariant-body",
    guard: "The response tells the balance before the charge.",
    patches: [
      {
        file: SETTLE,
        find: `'"balance_after":"' || trim_scale(wallet.balance - total.charge)::text`,
        replace: `'"balance_after":"' || trim_scale(wallet.balance)::text`,
      },
    ],
    test: STORY,
  },
  {
    name: "invariant-event",
    guard: "A turn opens on a stale catalogue: its event has an older price than the turn.",
    patches: [
      {
        file: `${STATEMENTS}/gate.ts`,
        find: "rules.revision = ${slot.revision}::bigint\n       and not rules.suspended",
        replace: "not rules.suspended",
      },
    ],
    test: STORY,
  },
  {
    name: "invariant-over-hold",
    guard: "A turn that cost more than its hold is not marked.",
    patches: [{ file: SETTLE, find: "over_hold = total.charge > hold", replace: "over_hold = false" }],
    test: STORY,
  },
  {
    name: "invariant-audit",
    guard: "An admin grants credits, and no audit row tells of it.",
    patches: [
      {
        file: "packages/core/src/audit/audited.ts",
        find: "${slot.requestId}::text\n      from ${change.source}\n",
        replace: "${slot.requestId}::text\n      from ${change.source} where false\n",
      },
    ],
    test: STORY,
  },
  {
    name: "invariant-actions",
    guard: "The audit's rows are not counted as they are written.",
    patches: [
      {
        file: "migrations/20261120_0024_count_admin_actions.ts",
        find: "set admin_actions = admin_actions + (select count(*) from added)",
        replace: "set admin_actions = admin_actions",
      },
    ],
    test: STORY,
  },
  {
    name: "invariant-time",
    guard: "A debit is dated when its statement begins, and not when the wallet is its own: it may be older than the row it waited for.",
    patches: [{ file: SETTLE, find: "select clock_timestamp() as now from wallet", replace: "select statement_timestamp() as now" }],
    test: {
      file: "tests/ledger/ledger-time.test.ts",
      name: "%s that waited for the wallet is dated after what it waited for",
      row: "a settle that waited for the wallet is dated after what it waited for",
    },
  },
];
