// Guards of a conversation: what it may be opened with, several calls are one turn, and a stream is bounded whatever its reader does.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";

export const CONVERSATION_GUARDS: readonly Mutant[] = [
  {
    name: "refused-once",
    guard: "A refusal counts once a model call: a turn of three calls would have been refused three times.",
    patches: [
      {
        file: `${CORE}/ledger/statements/rollup.ts`,
        find: "bool_or(debit.would_refuse and spent.model_alias = debit.model_alias)::int",
        replace: "count(*) filter (where debit.would_refuse)",
      },
    ],
    test: {
      file: "tests/turns/conversation.test.ts",
      name: "a turn that enforcement would have refused counts once, whatever calls it made and whichever came first",
    },
  },
  {
    name: "left-of-hold",
    guard: "Each call of a turn may cost the whole hold: a turn of several costs more than was held.",
    patches: [
      { file: `${CORE}/turns/call-record.ts`, find: "capped(whole, leftOf(turn.hold, before))", replace: "capped(whole, turn.hold)" },
    ],
    test: {
      file: "tests/turns/conversation.test.ts",
      name: "under CREDIT_OVERDRAFT=none all calls together are charged the hold at most",
    },
  },
  {
    name: "stream-bound",
    guard: "A stream is written without waiting for its reader: one who stops reading costs all the memory that an answer has.",
    patches: [
      { file: `${CORE}/turns/stream-queue.ts`, find: "state.size > most && state.isPatient", replace: "state.size < 0 && state.isPatient" },
    ],
    test: { file: "tests/turns/stream-queue.test.ts", name: "a reader who does not read makes the writer wait, and goes on where it was" },
  },
  {
    name: "stream-left",
    guard: "A streamed answer whose reader has left is not cut: a provider without end is paid for until the function's time is over.",
    patches: [
      {
        file: `${CORE}/turns/running.ts`,
        find: "setTimeout(() => stop.abort(), drainMs)",
        replace: "setTimeout(() => {}, drainMs)",
      },
    ],
    test: {
      file: "tests/turns/turn-stream.test.ts",
      name: "an answer without end whose reader has left is cut after a while, and charged for what had come",
    },
  },
  {
    name: "known-alias",
    guard: "A session takes any alias: its first turn, and not its opening, says that it can never run.",
    patches: [
      {
        file: `${CORE}/turns/sessions.ts`,
        find: "if (still !== undefined) throw",
        replace: "if (still !== undefined && now.revision === still.path) throw",
      },
    ],
    test: { file: "tests/turns/sessions.test.ts", name: "refuses an alias that cannot run, and names those that can" },
  },
  {
    name: "rest-of-the-lease",
    guard: "Whoever waits for a dead container's turn is told to come back every two seconds, until its lease is over.",
    patches: [
      { file: `${CORE}/turns/collision.ts`, find: "left * 1_000 <= LIMITS.leaseGraceMs ?", replace: "left < -LIMITS.leaseGraceMs ?" },
    ],
    test: { file: "tests/turns/open-next.test.ts", name: "%s", row: "at the end of its lease, once it cannot be" },
  },
];
