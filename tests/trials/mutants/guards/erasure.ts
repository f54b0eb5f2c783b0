// Guards of what is erased: that it goes, that its figures stay, and that nothing is done again because its response is gone.

import type { Mutant } from "../mutant.ts";

const TEST = "tests/maintenance/erasure.test.ts";
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
    test: { file: TEST, name: "is forgotten after its days; the key stays, and the same request is not carried out again" },
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
    test: { file: TEST, name: "is forgotten after its days; the key stays, and the same request is not carried out again" },
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
    test: { file: TEST, name: "is not %s by the application", row: "is not changed by the application" },
  },
  {
    name: "erased-history",
    guard: "A model is shown empty messages in the place of erased ones.",
    patches: [{ file: "packages/core/src/turns/past.ts", find: 'history.filter(({ user }) => user !== "")', replace: "history" }],
    test: { file: TEST, name: "are erased in a session that goes on, and its next turns are shown nothing of them" },
  },
];
