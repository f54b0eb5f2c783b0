// Guards around the statements: whose turn it is, what a lost reply means, the database's connections.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";

export const TURN_GUARDS: readonly Mutant[] = [
  {
    name: "own-claim",
    guard: "A request does not know its own turn again: when the reply of opening it is lost, it blocks itself until the lease ends.",
    patches: [
      {
        file: `${CORE}/turns/met.ts`,
        find: 'turn.claim === claim && turn.status === "running"',
        replace: 'turn.claim === "" && claim !== "" && turn.status === "running"',
      },
    ],
    test: {
      file: "tests/turns/turn-recovery.test.ts",
      name: "an open whose reply is lost is taken over by its own claim: one turn, one model call, one debit",
    },
  },
  {
    name: "keyed-claim",
    guard: "A request that meets its own running turn under its key takes it for another's: 409 about itself, until the lease ends.",
    patches: [
      {
        file: `${CORE}/turns/collision.ts`,
        find: 'turn.status === "running" && !turn.lapsed && turn.claim !== claim',
        replace: 'turn.status === "running" && !turn.lapsed && claim !== ""',
      },
    ],
    test: {
      file: "tests/turns/turn-lost-opens.test.ts",
      name: "with a key, it is not told that its own turn is still running: one turn, one model call, one debit",
    },
  },
  {
    name: "own-before-refusal",
    guard: "A request whose open was cut is refused without a look for its own turn: 402 for the credits that it holds itself.",
    patches: [
      {
        file: `${CORE}/turns/next.ts`,
        find: "return hasFailed ?",
        replace: "return hasFailed && false ?",
      },
    ],
    test: {
      file: "tests/turns/turn-lost-opens.test.ts",
      name: "without a key, it is not refused for the credits that its own turn holds",
    },
  },
  {
    name: "own-given-up",
    guard:
      "An own turn that is refused after its reply was lost is left running: its hold stays, and its session is busy, until the lease ends.",
    patches: [
      { file: `${CORE}/turns/met.ts`, find: "  if (own) await voidFailed(deps, own, request.caller, refusal.code);\n", replace: "" },
    ],
    test: {
      file: "tests/turns/turn-lost-opens.test.ts",
      name: "an own turn of a user who is %s meanwhile is given up, and its hold goes back at once",
      row: "an own turn of a user who is suspended meanwhile is given up, and its hold goes back at once",
    },
  },
  {
    name: "settle-reads-the-row",
    guard: "A settle that ended with an error is taken for one that failed: what was booked is answered as lost.",
    patches: [
      {
        file: `${CORE}/turns/settle.ts`,
        find: 'if (found?.status === "completed" && found.response_body !== null) {',
        replace: 'if (failure === null && found?.status === "completed" && found.response_body !== null) {',
      },
    ],
    test: {
      file: "tests/turns/turn-recovery.test.ts",
      name: "a settle whose reply is lost charges once, and the answer is the stored one",
    },
  },
  {
    name: "failed-model-void",
    guard: "A turn whose model gave no answer is not voided: its hold stays, and its session is busy, until the lease ends.",
    patches: [
      {
        file: `${CORE}/turns/converse.ts`,
        find: '  await voidFailed(deps, turn, request.caller, refusal instanceof DomainError ? refusal.code : "internal");\n',
        replace: "",
      },
    ],
    test: {
      file: "tests/turns/turn-idempotency.test.ts",
      name: "the key of a 502 runs the same turn again, charged once; another body is still refused",
    },
  },
  {
    name: "refused-settle-void",
    guard: "A turn whose booking the database refuses for good is not voided: its hold stays, and its key waits, until the lease ends.",
    patches: [
      {
        file: `${CORE}/turns/settle.ts`,
        find: '    if (!(error instanceof DomainError)) await voidFailed(deps, turn, request.caller, "internal");\n',
        replace: "",
      },
    ],
    test: {
      file: "tests/turns/turn-atomicity.test.ts",
      name: "when $table refuses at settle nothing of it remains, and the same key runs again at once, charged once",
      row: "when usage_daily refuses at settle nothing of it remains, and the same key runs again at once, charged once",
    },
  },
  {
    name: "text-nul",
    guard: "An answer keeps its NUL characters, which PostgreSQL refuses: the turn is answered and never paid.",
    patches: [
      {
        file: `${CORE}/models/storable-text.ts`,
        find: String.raw`text.replaceAll("\0", "").toWellFormed()`,
        replace: "text.toWellFormed()",
      },
      {
        file: `${CORE}/models/storable-text.ts`,
        find: String.raw`(piece.includes("\0") ? piece.replaceAll("\0", "") : piece)`,
        replace: "piece",
      },
    ],
    test: { file: "tests/models/gateway.test.ts", name: "without NUL" },
  },
  {
    name: "text-surrogates",
    guard: "An answer keeps half surrogate pairs, which are no UTF-8: what is stored is not what was measured and answered.",
    patches: [{ file: `${CORE}/models/storable-text.ts`, find: ".toWellFormed()", replace: "" }],
    test: { file: "tests/models/gateway.test.ts", name: "without half surrogate pairs" },
  },
  {
    name: "export-formulas",
    guard: "Cells that begin like a formula leave as they are: a model's name runs in the admin's spreadsheet.",
    patches: [{ file: `${CORE}/reports/export.ts`, find: "escape_formulas: true", replace: "escape_formulas: false" }],
    test: {
      file: "tests/reports/admin-export.test.ts",
      name: "brings no cell that a spreadsheet would run, and every other text as it is",
    },
  },
  {
    name: "receipt-owner",
    guard: "A receipt is found by its id alone: anybody reads what others paid.",
    patches: [
      {
        file: `${CORE}/turns/receipt.ts`,
        find: '    .where("user_id", "=", wallet)\n    .where("kind", "=", "debit")',
        replace: '    .where("kind", "=", "debit")',
      },
    ],
    test: {
      file: "tests/accounts/users.test.ts",
      name: "is 404, word for word alike, for somebody else's debit or grant, and for what never was",
    },
  },
  {
    name: "steady-latency",
    guard: "Durations are taken from a clock that may be set: a negative one is refused by its CHECK, and the answer is lost.",
    patches: [
      { file: `${CORE}/turns/ask.ts`, find: "const received = collecting(ticks);", replace: "const received = collecting(clock);" },
      { file: `${CORE}/turns/ask.ts`, find: "{ gateway, ticks }: TurnDeps", replace: "{ gateway, ticks, clock }: TurnDeps" },
    ],
    test: {
      file: "tests/turns/turn-clock.test.ts",
      name: "a clock that is set %s by an hour while the model answers loses no turn, and no duration is negative",
      row: "a clock that is set back by an hour while the model answers loses no turn, and no duration is negative",
    },
  },
  {
    name: "context-refusal",
    guard: "A provider that finds the context too long is not asked with less of it: a session of dense text answers 502 forever.",
    patches: [
      {
        file: `${CORE}/turns/ask.ts`,
        find: "isContextRefusal(error) ? nextShare",
        replace: "turn.history.length < 0 ? nextShare",
      },
    ],
    test: {
      file: "tests/turns/turn-dense.test.ts",
      name: "a history of unknown density is halved until the provider takes it, and the turn is charged for what was sent",
    },
  },
  {
    name: "session-density",
    guard: "A session's own octets per token are not remembered: every turn of a dense one asks in vain first.",
    patches: [
      {
        file: `${CORE}/ledger/statements/conversation.ts`,
        find: "               where octets_per_token is not null\n",
        replace: "               where false\n",
      },
    ],
    test: {
      file: "tests/turns/turn-dense.test.ts",
      name: "a session whose history fills the provider's window goes on with less of it, says so, and asks once a turn",
    },
  },
  {
    name: "lost-timeout",
    guard: "An answer that had begun when the time was over is counted nowhere, though the provider asks for it.",
    patches: [
      {
        file: `${CORE}/turns/converse.ts`,
        find: "if (costs.length === 0) return;",
        replace: "if (costs.length >= 0) return;",
      },
    ],
    test: {
      file: "tests/turns/turn-usage.test.ts",
      name: "a call that timed out after text had come is lost revenue, with what the provider asks for it; a silent one is none",
    },
  },
  {
    name: "api-key-kept",
    guard: "What was used with an API key is kept as if its owner had used it in person.",
    patches: [{ file: `${CORE}/turns/settle.ts`, find: "apiKey: request.caller.key", replace: "apiKey: null" }],
    test: {
      file: "tests/turns/conversation.test.ts",
      name: "each call is kept with the API key that its caller came with, and with none where they came in person",
    },
  },
];
