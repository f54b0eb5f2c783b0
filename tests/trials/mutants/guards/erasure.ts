// Guards of what is erased: that it goes, that its figures stay, and that nothing is done again because its response is gone.

import type { Mutant } from "../mutant.ts";

const TEST = "tests/maintenance/erasure.test.ts";
const EXPIRY = "tests/maintenance/expiry.test.ts";
const WHOLE = "leaves no word anywhere, and every figure; nothing is charged again under any key";
const MIGRATION = "migrations/20261122_0056_erased.ts";

export const ERASURE_GUARDS: readonly Mutant[] = [
  {
    name: "erased-turn-key",
    guard: "The key of an erased turn stands for nothing: its caller is told that it was used for another request.",
    patches: [
      {
        file: "packages/core/src/turns/collision.ts",
        find: "  if (turn.request_hash === ERASED) return refuse(keyExpired());\n",
        replace: "  void [ERASED, keyExpired];\n",
      },
    ],
    test: { file: TEST, name: WHOLE },
  },
  {
    name: "expired-key",
    guard: "A key whose response is forgotten is answered with nothing, as if that had been the response.",
    patches: [
      {
        file: "packages/core/src/audit/once.ts",
        find: "    if (row.expired_at !== null) throw keyExpired();\n",
        replace: "    void keyExpired;\n",
      },
    ],
    test: { file: EXPIRY, name: "is forgotten after its days; the key stays, and the same request is not carried out again" },
  },
  {
    name: "booked-key-removed",
    guard: "A key under which money was booked is removed with the others: a repeat is booked again.",
    patches: [
      {
        file: "packages/core/src/maintenance/statements/erase-texts.ts",
        find: "           booked = body ~ '\"(?:new_balance|transaction_id|proposal_id)\"'",
        replace: "           booked = false",
      },
    ],
    test: { file: EXPIRY, name: "is forgotten after its days; the key stays, and the same request is not carried out again" },
  },
  {
    name: "response-changed",
    guard: "The application may change the response of a key: only its own statements are in the way.",
    patches: [
      {
        file: MIGRATION,
        find: "raise exception '% of idempotency_keys refused', tg_op using errcode = 'insufficient_privilege';",
        replace: "return coalesce(new, old);",
      },
    ],
    test: { file: EXPIRY, name: "is not %s by the application", row: "is not changed by the application" },
  },
  {
    name: "erased-reopened",
    guard: "A failed turn that was erased meanwhile is begun again, without its message.",
    patches: [{ file: "packages/core/src/ledger/statements/reopen-turn.ts", find: "       and known.erased_at is null\n", replace: "" }],
    test: { file: TEST, name: "is not begun again by the statement that gets to it then" },
  },
  {
    name: "erased-calls",
    guard: "Who erases their data leaves the answers of calls behind that were kept for their keys.",
    patches: [
      {
        file: "packages/core/src/maintenance/erasure.ts",
        find: "(await db.run(eraseCalls, { user, most: BATCH }))[0]?.turns ?? 0",
        replace: "(void eraseCalls, 0)",
      },
    ],
    test: { file: TEST, name: "leaves no answer of a call that was kept for its key, and the call is not run again" },
  },
  {
    name: "old-calls",
    guard: "The answer of a call is kept for its key for ever.",
    patches: [
      {
        file: "packages/core/src/maintenance/erasure.ts",
        find: "eraseOldCalls, { ...work, days: kept.idempotencyDays,",
        replace: "eraseOldCalls, { ...work, days: null,",
      },
    ],
    test: { file: EXPIRY, name: "of a call that belongs to no session is erased after the same days, and not before" },
  },
  {
    name: "expired-top-up",
    guard: "The key of a top-up whose response is forgotten pays a second time.",
    patches: [
      {
        file: "packages/core/src/payments/checkout.ts",
        find: "    if (found?.expired_at) throw keyExpired();\n",
        replace: "",
      },
    ],
    test: { file: EXPIRY, name: "of a top-up is forgotten after the same days; the key stays, and no other payment is begun" },
  },
  {
    name: "own-data-cursor",
    guard: "The cursor of one type of record is taken for one of another.",
    patches: [
      {
        file: "packages/edge/src/input/list-query.ts",
        find: '  const parts = typeof shape === "function" ? shape(position.output[0] ?? "") : shape;',
        replace: '  const parts = typeof shape === "function" ? position.output.map(() => "opaque" as const) : shape;',
      },
    ],
    test: { file: "tests/reports/own-data.test.ts", name: "knows no cursor that somebody made up for another type" },
  },
  {
    name: "erased-history",
    guard: "A model is shown empty messages in the place of erased ones.",
    patches: [{ file: "packages/core/src/turns/past.ts", find: 'history.filter(({ user }) => user !== "")', replace: "history" }],
    test: { file: TEST, name: "are erased in a session that goes on, and its next turns are shown nothing of them" },
  },
];
