// Guards of the quarantine: how a payment gets in, that it leaves by an admin's resolution alone, and what a restoration may book.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const PAYMENTS = "packages/core/src/payments";
const SCHEMA = "migrations/20261121_0030_quarantine.ts";
const CONSTRAINTS = "tests/db/schema-constraints.test.ts";
const WEBHOOK = "tests/payments/webhook-quarantine.test.ts";
const RESOLVE = "tests/payments/quarantine-resolve.test.ts";
const RACES = "tests/payments/quarantine-races.test.ts";
const CHANGED = "tests/payments/quarantine-statements.test.ts";
const RESTORE = "tests/payments/restore.test.ts";

export const QUARANTINE_GUARDS: readonly Mutant[] = [
  {
    name: "quarantine-stays",
    guard: "A payment in quarantine is granted by the next event that fits.",
    patches: [{ file: `${PAYMENTS}/verdict.ts`, find: 'standing?.status === "quarantined" ? "fits_now" : "grant"', replace: '"grant"' }],
    test: { file: WEBHOOK, name: "stays there when its event comes again with the right figures, until an admin grants it, once" },
  },
  {
    name: "quarantine-dismissed",
    guard: "An event sets a dismissed payment aside again.",
    patches: [{ file: `${PAYMENTS}/verdict.ts`, find: ' || standing?.status === "dismissed"', replace: "" }],
    test: { file: RESOLVE, name: "closes the row for good: no event, fitting or not, changes anything afterwards" },
  },
  {
    name: "quarantine-check",
    guard: "The table lets a payment out of quarantine that nobody resolved.",
    patches: [{ file: SCHEMA, find: " and (quarantine_reason is null or resolution is not null)\n", replace: "\n" }],
    test: {
      file: CONSTRAINTS,
      name: "%s is refused by %s",
      row: "a payment granted out of quarantine by itself is refused by top_ups_quarantine",
    },
  },
  {
    name: "quarantine-other-top-up",
    guard: "A payment whose metadata were changed is granted to another top-up than the one that waits for it.",
    patches: [{ file: `${PAYMENTS}/verdict.ts`, find: '?? (isTaken ? "it is another top-up\'s payment" : null)', replace: "?? null" }],
    test: {
      file: WEBHOOK,
      name: "and is told of as another product's or another user's by then keeps its row, and theirs stay as they are",
    },
  },
  {
    name: "quarantine-full-wallet",
    guard: "A payment into a wallet that cannot hold it is an error for ever.",
    patches: [
      {
        file: `${PAYMENTS}/book.ts`,
        find: "  if (state === NUMERIC_OUT_OF_RANGE) return setAside(",
        replace: "  if (false) return setAside(",
      },
    ],
    test: { file: RESOLVE, name: "into a wallet that cannot hold it is refused, and the payment stays where it is" },
  },
  {
    name: "quarantine-other-payment",
    guard: "A payment that is set aside takes the top-up that was tied to another one meanwhile.",
    patches: [
      {
        file: `${STATEMENTS}/quarantine-payment.ts`,
        find: "        and (known.payment_intent is null or known.payment_intent = excluded.payment_intent)\n",
        replace: "",
      },
    ],
    test: { file: CHANGED, name: "a payment whose top-up has another one by now does nothing" },
  },
  {
    name: "grant-other-payment",
    guard: "Two payments of one top-up are both granted, and the second takes the first one's row.",
    patches: [
      {
        file: `${STATEMENTS}/grant-payment.ts`,
        find: "coalesce(known.payment_intent, excluded.payment_intent) = excluded.payment_intent",
        replace: "true",
      },
    ],
    test: { file: CHANGED, name: "to a top-up that has another payment by now is undone" },
  },
  {
    name: "resolve-once",
    guard: "Two admins who resolve one payment at once are both right.",
    patches: [
      { file: `${STATEMENTS}/resolve-payment.ts`, find: "       and known.status = 'quarantined'\n", replace: "" },
      { file: `${STATEMENTS}/resolve-payment.ts`, find: "       and known.updated_at = ${slot.seen}::timestamptz\n", replace: "" },
    ],
    test: { file: RACES, name: "by two admins at once, of whom one grants and one dismisses, each several times" },
  },
  {
    name: "resolve-grant-status",
    guard: "A grant takes a payment that is in no quarantine.",
    patches: [{ file: `${STATEMENTS}/resolve-payment.ts`, find: "       and known.status = 'quarantined'\n", replace: "" }],
    test: { file: CHANGED, name: "of what is in no quarantine does nothing" },
  },
  {
    name: "resolve-grant-seen",
    guard: "A grant is carried out on figures that were told anew since they were looked at.",
    patches: [{ file: `${STATEMENTS}/resolve-payment.ts`, find: "       and known.updated_at = ${slot.seen}::timestamptz\n", replace: "" }],
    test: {
      file: CHANGED,
      name: "to %s what was told of again since it was looked at does nothing",
      row: "to grant what was told of again since it was looked at does nothing",
    },
  },
  {
    name: "resolve-dismiss-status",
    guard: "A dismissal closes a top-up that still waits for its payment.",
    patches: [
      {
        file: `${STATEMENTS}/resolve-payment.ts`,
        find: "       and status = 'quarantined'\n",
        replace: "",
      },
    ],
    test: { file: CHANGED, name: "of what is in no quarantine does nothing" },
  },
  {
    name: "resolve-key-stays",
    guard: "A row that goes to another person takes the first one's key and client secret along.",
    patches: [
      {
        file: `${STATEMENTS}/quarantine-payment.ts`,
        find: "response_body = case when top_ups.user_id = ${wallet} then top_ups.response_body end",
        replace: "response_body = top_ups.response_body",
      },
    ],
    test: { file: RESOLVE, name: "that goes to another leaves its key to the person who used it, and shows nobody a client secret" },
  },
  {
    name: "resolve-person",
    guard: "A row that was granted to another stays in the first person's list.",
    patches: [{ file: `${STATEMENTS}/resolve-payment.ts`, find: "           user_id = credited.user_id,\n", replace: "" }],
    test: { file: RESOLVE, name: "goes to whom and for what the admin says, and the row is then theirs alone" },
  },
  {
    name: "resolve-refunds-before",
    guard: "What was refunded before an admin granted the payment is not taken back.",
    patches: [
      {
        file: `${PAYMENTS}/resolve.ts`,
        find: 'if (resolution.action === "grant" && payment) await applyToWallet(deps.db, payment, null);',
        replace: "",
      },
    ],
    test: { file: RESOLVE, name: "takes back at once what was refunded before it, in the currency's own figures" },
  },
  {
    name: "reversal-currency-figures",
    guard: "A refund is measured by what the top-up asked and not by what was received.",
    patches: [
      {
        file: `${STATEMENTS}/reversal-target.ts`,
        find: "greatest(coalesce(t.received_minor, t.amount_usd * 100), 1)",
        replace: "greatest(t.amount_usd * 100, 1)",
      },
    ],
    test: { file: RESOLVE, name: "takes back at once what was refunded before it, in the currency's own figures" },
  },
  {
    name: "restore-when-told",
    guard: "Every reconciliation books payments whose top-up is unknown.",
    patches: [
      {
        file: `${PAYMENTS}/reconcile.ts`,
        find: "asked.restore ? await findLost(deps, payment) : null",
        replace: "await findLost(deps, payment)",
      },
    ],
    test: {
      file: RESTORE,
      name: "are set aside by their webhooks and by a plain run, never booked; a later run that restores takes exactly them out",
    },
  },
  {
    name: "restore-fitting",
    guard: "A restoration grants the credits that a payment names, whatever was received.",
    patches: [{ file: `${PAYMENTS}/payment.ts`, find: "creditsFor(paid, rate).eq(credits)", replace: "true" }],
    test: { file: RESTORE, name: "stay set aside when what they say does not fit what was received" },
  },
  {
    name: "restore-reason",
    guard: "A restoration takes out what was set aside for another reason.",
    patches: [{ file: `${STATEMENTS}/restore-payment.ts`, find: "       and quarantine_reason = ${slot.reason}::text\n", replace: "" }],
    test: { file: CHANGED, name: "of a payment that was set aside for another reason is undone" },
  },
];
