// Guards of what Stripe tells late, in no order, or not at all: states by its own time, objects as what they are, and jobs that end.

import type { Mutant } from "../mutant.ts";

const REVERSE = "packages/core/src/ledger/statements/reverse-payment.ts";
const TARGET = "packages/core/src/ledger/statements/reversal-target.ts";
const TOP_UP = "packages/core/src/payments/statements/top-up.ts";
const PAYMENTS = "packages/core/src/payments";
const LATE = "tests/payments/late-changes.test.ts";
const ORDER = "tests/payments/reversal-order.test.ts";
const CLOSING = "tests/payments/top-up-closing.test.ts";
const STATES = "tests/payments/top-up-states.test.ts";
const OLD_KEYS = "tests/payments/top-up-old-keys.test.ts";

export const STRIPE_TIME_GUARDS: readonly Mutant[] = [
  {
    name: "dispute-latest",
    guard: "The furthest state of a dispute counts and not its latest: one that is won and then lost takes nothing.",
    patches: [
      {
        file: REVERSE,
        find: "else (excluded.told_at, excluded.rank) > (date_trunc('second', known.told_at), known.rank)",
        replace: "else excluded.rank > known.rank",
      },
    ],
    test: { file: ORDER, name: "ends as it was decided last: %s", row: "ends as it was decided last: won, then lost" },
  },
  {
    name: "reversal-object",
    guard: "An event that names another payment, kind or currency rewrites what is known of an object.",
    patches: [
      {
        file: REVERSE,
        find:
          "(known.payment_intent, known.kind, known.currency)\n" +
          "            = (excluded.payment_intent, excluded.kind, excluded.currency)",
        replace: "true",
      },
    ],
    test: {
      file: ORDER,
      name: "changes nothing of the first payment, and nothing of the second, when it names an object of another payment",
    },
  },
  {
    name: "reversal-currency",
    guard: "A refund in another currency takes by its figure: 900 yen take $9.",
    patches: [{ file: TARGET, find: " and currency = paid_currency", replace: "" }],
    test: {
      file: ORDER,
      name: "takes nothing when it is not in its payment's currency, is counted once and shown to an admin: %s %j",
      row: 'takes nothing when it is not in its payment\'s currency, is counted once and shown to an admin: refund.created {"object":"refund","status":"succeeded","currency":"jpy"}',
    },
  },
  {
    name: "reversals-watched",
    guard: "Nobody asks again about old refunds and disputes: what becomes of them weeks later is lost with its webhook.",
    patches: [{ file: `${PAYMENTS}/reconcile.ts`, find: "    () => lookAgain(run, bounds),\n", replace: "" }],
    test: { file: LATE, name: "a refund that fails after 10 days" },
  },
  {
    name: "lists-covered",
    guard: "A list is read four days back, also when nobody has read it for ten.",
    patches: [
      {
        file: `${PAYMENTS}/passes.ts`,
        find: "new Date(Math.min(since.getTime(), Date.parse(place.covered) - OVERLAP_MS))",
        replace: "since",
      },
    ],
    test: { file: LATE, name: "a dispute that is opened 30 days after its payment, also when no job ran for the ten days after that" },
  },
  {
    name: "pass-resumed",
    guard: "A list whose time was over is begun anew each time: what stands further down is never read.",
    patches: [
      {
        file: `${PAYMENTS}/passes.ts`,
        find: "place.downTo === undefined ? {} : { until: new Date(place.downTo) }",
        replace: "{}",
      },
    ],
    test: { file: CLOSING, name: "finds every lost payment in the end, each run from where the last one stopped" },
  },
  {
    name: "watch-order",
    guard: "An object that Stripe does not tell about is asked about first again, and so often that the invariant believes it was told.",
    patches: [
      {
        file: `${PAYMENTS}/watch.ts`,
        find: "set tried_at = clock_timestamp() where",
        replace: "set tried_at = clock_timestamp(), checked_at = clock_timestamp() where",
      },
    ],
    test: { file: LATE, name: "that is open and was not looked at for two days is told by the invariants, and no more once it was" },
  },
  {
    name: "closing-order",
    guard: "The top-ups that cannot be closed stay the first: they fill every round, and nobody else's place is ever free.",
    patches: [{ file: `${PAYMENTS}/abandon.ts`, find: '    .orderBy("tried_at")\n', replace: '    .orderBy("created_at")\n' }],
    test: { file: CLOSING, name: "is closed though 200 others before it cannot be, by the second run" },
  },
  {
    name: "closing-time",
    guard: "A job goes on when its time is over: it outlives its function.",
    patches: [{ file: `${PAYMENTS}/abandon.ts`, find: "    if (isOver()) break;\n", replace: "" }],
    test: { file: CLOSING, name: "begins no further top-up, says so, and goes on with the others in its next run" },
  },
  {
    name: "closing-independent",
    guard: "A list of Stripe's that cannot be read keeps everybody's places.",
    patches: [
      {
        file: `${PAYMENTS}/upkeep.ts`,
        find: "(error: unknown) => void failures.push(error));",
        replace: "(error: unknown) => {\n    throw error;\n  });",
      },
    ],
    test: { file: CLOSING, name: "is closed also when a list of Stripe's cannot be read; the job is told as failed" },
  },
  {
    name: "payment-unknown",
    guard: "A payment that Stripe does not know is a failure each time, and its top-up keeps its place for ever.",
    patches: [{ file: `${PAYMENTS}/stripe.ts`, find: 'error.code === "resource_missing"', replace: "false" }],
    test: { file: CLOSING, name: "is closed when Stripe does not know its payment, and its place is free" },
  },
  {
    name: "state-second",
    guard: "The state that was told in the second in which somebody looked is older than the look.",
    patches: [
      {
        file: TOP_UP,
        find: "               < (date_trunc('second'",
        replace: "               < (-interval '1 second' + date_trunc('second'",
      },
    ],
    test: { file: STATES, name: "is failed when its event is of the same second in which its user saw it processing" },
  },
  {
    name: "state-stripe-clock",
    guard: "What a look has seen is dated by our own clock: what Stripe tells a little later is older.",
    patches: [
      { file: `${PAYMENTS}/own-top-ups.ts`, find: "status, at: seen.at, event", replace: "status, at: new Date(deps.clock()), event" },
    ],
    test: { file: STATES, name: "is failed when our clock is a minute ahead of Stripe's" },
  },
  {
    name: "state-declined",
    guard: "A bank payment that requires a payment method again stays what it was: processing.",
    patches: [{ file: `${PAYMENTS}/payment.ts`, find: 'return known === "processing" || ', replace: "return " }],
    test: {
      file: "tests/payments/payment-state.test.ts",
      name: "%s (failure %j) of one that is %s: %s",
      row: "requires_payment_method (failure null) of one that is processing: failed",
    },
  },
  {
    name: "sweep-time",
    guard: "A sweep goes on when its minute is over.",
    patches: [{ file: "packages/core/src/turns/sweep.ts", find: "    if (isOver()) return voided;\n", replace: "" }],
    test: { file: CLOSING, name: "voids no further user's turns, and the next one does" },
  },
  {
    name: "old-key",
    guard: "A key that Stripe has forgotten is sent to it again: a second payment is made for one top-up.",
    patches: [
      {
        file: `${PAYMENTS}/checkout.ts`,
        find: 'if (!isOld || row.status !== "created" || row.payment_intent !== null) return row;',
        replace: "if (row.created_at) return row;",
      },
    ],
    test: { file: OLD_KEYS, name: "makes no second payment when the first was made and its answer was lost" },
  },
  {
    name: "given-up-payment",
    guard: "The payment of a top-up that was given up meanwhile is never canceled at Stripe.",
    patches: [
      {
        file: TOP_UP,
        find: "       cancel_due = cancel_due or (status = 'canceled' and payment_intent is null),\n",
        replace: "",
      },
    ],
    test: { file: OLD_KEYS, name: "is answered as canceled, without the secret, and the next run cancels the payment at Stripe" },
  },
];
