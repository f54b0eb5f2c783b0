// Guards of a long stream: its sign of life, whose turn it still is, and what a stream does that does not know.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";
const RENEW = `${CORE}/turns/statements/renew-turn.ts`;
const LEASE = `${CORE}/turns/lease.ts`;
const TESTS = "tests/turns/turn-lease.test.ts";

export const LEASE_GUARDS: readonly Mutant[] = [
  {
    name: "keep-alive",
    guard: "A stream in which nothing comes is silent: whatever stands in front of it hangs up on a model that thinks.",
    patches: [
      {
        file: "packages/edge/src/output/event-stream.ts",
        find: "if (event === undefined) return controller.enqueue(encoder.encode(KEEP_ALIVE));",
        replace: "if (event === undefined) return;",
      },
    ],
    test: {
      file: "tests/edge/lambda-streaming.test.ts",
      name: "a stream in which nothing comes says every 15 seconds that it is there, and then goes on where it was",
    },
  },
  {
    name: "short-lease",
    guard: "A stream takes its whole time as its lease: the session of a dead container is busy for minutes.",
    patches: [
      { file: `${CORE}/turns/open.ts`, find: "+ LIMITS.leaseGraceMs, mark.leaseMs)", replace: "+ LIMITS.leaseGraceMs, 3_600_000)" },
    ],
    test: {
      file: TESTS,
      name: "a process that is killed while it streams leaves its session for less than a minute, and its key runs again: one debit",
    },
  },
  {
    name: "lease-kept",
    guard: "A stream does not renew its lease: a long answer is voided while it is read, and paid for by us.",
    patches: [{ file: LEASE, find: "leaseMs: lengthMs }", replace: "leaseMs: lengthMs - lengthMs }" }],
    test: { file: TESTS, name: "a stream keeps its turn beyond the first lease: no sweep voids it, and its session stays busy" },
  },
  {
    name: "renew-lapsed",
    guard: "A renewal takes back a turn whose lease is over: whoever found it lapsed and whoever renews it both take it for theirs.",
    patches: [{ file: RENEW, find: "\n   and own.lease_until > clock_timestamp()", replace: "" }],
    test: { file: TESTS, name: "does not take back what has lapsed" },
  },
  {
    name: "renew-waited",
    guard: "A renewal looks at the lease before it has the row: what lapsed while it waited is taken back.",
    patches: [{ file: RENEW, find: "and own.lease_until > clock_timestamp()", replace: "and own.lease_until > statement_timestamp()" }],
    test: { file: TESTS, name: "that had to wait for the row looks at the lease when it has it, and not as it was" },
  },
  {
    name: "renew-fence",
    guard: "A renewal names no attempt: a stream that was taken over keeps the lease of whoever took it.",
    patches: [{ file: RENEW, find: "and attempt = ${slot.attempt}::int", replace: "and attempt >= 0 * ${slot.attempt}::int" }],
    test: { file: TESTS, name: "is only of its own attempt, person and running turn" },
  },
  {
    name: "lease-lost",
    guard: "A stream that was taken over goes on: the provider is paid for an answer that nobody is charged for.",
    patches: [{ file: LEASE, find: "const isLost = isOurs === false ||", replace: "const isLost = (isOurs === false && known < 0) ||" }],
    test: { file: TESTS, name: "when it was given up: nothing is charged, and its key runs again" },
  },
  {
    name: "lease-unknown",
    guard: "A stream whose renewals fail goes on for ever: it may be somebody else's for minutes, and both ask a model.",
    patches: [{ file: LEASE, find: "|| deps.ticks() - known >= patienceMs", replace: "|| deps.ticks() - known >= Infinity" }],
    test: { file: TESTS, name: "when the database has been away for so long that nobody can say: it is settled when it is back" },
  },
];
