// Guards of doing a thing once under a key: which request a key stands for, and what was written although nobody heard of it.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";

export const KEY_GUARDS: readonly Mutant[] = [
  {
    name: "key-rule",
    guard: "Whatever stands under a key is taken for the same request.",
    patches: [
      { file: `${CORE}/audit/request-key.ts`, find: "if (row.request_hash === key?.hash) return null;", replace: "if (row) return null;" },
    ],
    test: {
      file: "tests/turns/turn-idempotency.test.ts",
      name: "another body under a used key is refused, running or done; the same body in other words is the same request",
    },
  },
  {
    name: "key-hash",
    guard: "A turn's key is not compared with the request that it was used for: another request gets the first one's answer.",
    patches: [
      {
        file: `${CORE}/turns/collision.ts`,
        find: "  if (reused) return refuse(reused);\n",
        replace: "  void reused;\n",
      },
    ],
    test: {
      file: "tests/turns/turn-idempotency.test.ts",
      name: "another body under a used key is refused, running or done; the same body in other words is the same request",
    },
  },
  {
    name: "written-key-hash",
    guard:
      "The key of a write is not compared with the request that it was used for: another grant is answered with the first, and never given.",
    patches: [{ file: `${CORE}/audit/once.ts`, find: "    if (reused) throw reused;\n", replace: "    void reused;\n" }],
    test: {
      file: "tests/turns/turn-idempotency.test.ts",
      name: "200 sessions asked for under one key are one session, answered alike byte for byte",
    },
  },
  {
    name: "top-up-key-hash",
    guard: "A top-up's key is not compared with the request that it was used for: whoever asks for another amount pays the first one.",
    patches: [{ file: "packages/core/src/payments/checkout.ts", find: "    if (reused) throw reused;\n", replace: "    void reused;\n" }],
    test: { file: "tests/payments/top-up-faults.test.ts", name: "stands for one amount: another one under it is 422, and starts nothing" },
  },
  {
    name: "moved-again",
    guard: "A write that read what has moved on since is refused at once, and not read anew.",
    patches: [
      {
        file: `${CORE}/audit/once.ts`,
        find: "if (!row && write.moved) return null;",
        replace: "if (!row && write.moved) throw write.moved.refusal();",
      },
    ],
    test: { file: "tests/audit/once.test.ts", name: "reads anew what has moved on since it was read, and tells what it read last" },
  },
  {
    name: "lost-write",
    guard: "A grant whose reply was lost is told to have failed, and is given a second time.",
    patches: [{ file: `${CORE}/audit/once.ts`, find: "const written = await write.written?.();", replace: "const written = null;" }],
    test: {
      file: "tests/audit/admin-lost-replies.test.ts",
      name: "a grant without a key (%s) whose reply was lost is answered with what was granted",
      row: "a grant without a key (POST wallets/eve/grant) whose reply was lost is answered with what was granted",
    },
  },
];
