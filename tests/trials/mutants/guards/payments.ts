// Guards of payments: who says that something was paid, what was paid, and what is taken back.

import type { Mutant } from "../mutant.ts";

const PAYMENTS = "packages/core/src/payments";
const REVERSE = "packages/core/src/ledger/statements/reverse-payment.ts";
const TARGET = "packages/core/src/ledger/statements/reversal-target.ts";
const QUARANTINE = "tests/payments/webhook-quarantine.test.ts";
const REVERSALS = "tests/payments/webhook-reversals.test.ts";
const SIGNATURE = "tests/payments/webhook-signature.test.ts";
const SECRETS = "tests/payments/webhook-secrets.test.ts";

export const PAYMENT_GUARDS: readonly Mutant[] = [
  {
    name: "payment-amount",
    guard: "What was received is not compared with what the top-up costs: a cent buys 333 credits.",
    patches: [
      {
        file: `${PAYMENTS}/payment.ts`,
        find: '  if (payment.amount_received !== minorUnits(amount(topUp.amount_usd))) return "another amount was received";\n',
        replace: "",
      },
    ],
    test: { file: QUARANTINE, name: "%s", row: "a cent less was received" },
  },
  {
    name: "payment-user",
    guard: "A payment that names another user than the top-up's is granted all the same.",
    patches: [
      {
        file: `${PAYMENTS}/payment.ts`,
        find: '  if (user !== null && user !== topUp.user_id) return "the payment names another user";\n',
        replace: "",
      },
    ],
    test: { file: QUARANTINE, name: "the metadata name another user than the row: neither of them gets anything" },
  },
  {
    name: "payment-mode",
    guard: "Test payments buy credits on a live stage.",
    patches: [
      {
        file: `${PAYMENTS}/payment.ts`,
        find: '  if (payment.livemode !== livemode) return "livemode differs from this stage\'s";\n',
        replace: "",
      },
    ],
    test: { file: QUARANTINE, name: "buys nothing where a live key is set, and a live one does" },
  },
  {
    name: "signature-future",
    guard: "A signature of tomorrow is taken, as the SDK alone would: whoever has one keeps it for later.",
    patches: [
      {
        file: `${PAYMENTS}/stripe.ts`,
        find: "  if (!(Math.abs(nowMs / 1_000 - timestamp) <= TOLERANCE_SECONDS)) return false;\n",
        replace: "",
      },
    ],
    test: {
      file: SIGNATURE,
      name: "is refused, and the database is not asked: %s",
      row: "is refused, and the database is not asked: a day ahead",
    },
  },
  {
    name: "signature-two-times",
    guard: "A header with two times is read: one of them is checked for its age, the other is what was signed.",
    patches: [
      { file: `${PAYMENTS}/stripe.ts`, find: "header === undefined || others.length > 0 || ", replace: "header === undefined || " },
    ],
    test: {
      file: SIGNATURE,
      name: "is refused, and the database is not asked: %s",
      row: "is refused, and the database is not asked: a good time before the future one that was signed",
    },
  },
  {
    name: "signature-raw-bytes",
    guard: "The signature is checked over the text that was read and not over the bytes that came.",
    patches: [{ file: `${PAYMENTS}/stripe.ts`, find: "{ ignoreBOM: true }", replace: "{ ignoreBOM: false }" }],
    test: {
      file: SIGNATURE,
      name: "that differs from what was signed is refused: %s",
      row: "that differs from what was signed is refused: a byte order mark before it",
    },
  },
  {
    name: "secret-on-stages",
    guard: "Without a secret every stage takes events that nobody signed, and not the local one alone.",
    patches: [
      {
        file: "functions/stripe-webhook/routes.ts",
        find: 'if (webhookSecrets.length === 0 && config.stage === "local") {',
        replace: "if (webhookSecrets.length === 0) {",
      },
    ],
    test: {
      file: SECRETS,
      name: "the stage %s takes nothing: 503, and the database is not asked",
      row: "the stage production takes nothing: 503, and the database is not asked",
    },
  },
  {
    name: "reversal-order",
    guard: "An earlier state of a refund overwrites a later one: credits are taken back for a refund that had failed.",
    patches: [{ file: REVERSE, find: "when 'refund' then excluded.rank > known.rank", replace: "when 'refund' then true" }],
    test: { file: REVERSALS, name: "%s", row: "that is told of in no order ends where it ended" },
  },
  {
    name: "reversal-cap",
    guard: "Refunds and disputes of one payment take back more than it had granted.",
    patches: [
      {
        file: TARGET,
        find: "least(granted, round(granted * ${refunded} / minor, 2))",
        replace: "round(granted * ${refunded} / minor, 2)",
      },
    ],
    test: { file: REVERSALS, name: "take together what all of them come to, rounded once, and never more than was granted" },
  },
  {
    name: "reversal-count",
    guard: "A sum of refunds is not compared with how many there are: one that waited for the wallet sums what it saw before.",
    patches: [{ file: REVERSE, find: "counts.objects <> seen.objects as stale", replace: "counts.objects < seen.objects as stale" }],
    test: { file: REVERSALS, name: "take no more than was granted when the first was held up until the second was through" },
  },
];
