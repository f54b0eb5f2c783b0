// Guards of API keys: that a key's row decides, under its lock, in the statement that opens the turn; and what no key reaches.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";
const PASS = `${CORE}/ledger/statements/pass.ts`;
const TURNS = "tests/turns/turn-keys.test.ts";
const KEYS = "tests/accounts/api-keys.test.ts";

export const API_KEY_GUARDS: readonly Mutant[] = [
  {
    name: "api-key-state",
    guard: "The open statement does not ask whether the key is good: a container that knew it opens turns for ever.",
    patches: [
      { file: PASS, find: "where state = ${GOOD}\n                          and (models", replace: "where (models" },
      { file: `${CORE}/turns/next.ts`, find: "if (closed !== null) return", replace: "if (closed !== null && row.turn === null) return" },
    ],
    test: {
      file: TURNS,
      name: "opens no turn that is asked for after it %s, in a container that knew it",
      row: "opens no turn that is asked for after it was revoked, in a container that knew it",
    },
  },
  {
    name: "api-key-lock",
    guard: "The key is read as it was when the statement began: what was revoked while a turn waited for its wallet opens it.",
    patches: [
      {
        file: PASS,
        find: "or api_keys.acts_for_others)\n       for update of api_keys\n",
        replace: "or api_keys.acts_for_others)\n",
      },
    ],
    test: { file: TURNS, name: "opens no turn that waited for its wallet meanwhile" },
  },
  {
    name: "api-key-models",
    guard: "A key runs every model.",
    patches: [{ file: PASS, find: "\n                          and (models is null or price.alias = any (models))", replace: "" }],
    test: { file: TURNS, name: "runs only the models of the key" },
  },
  {
    name: "api-key-replay",
    guard: "A revoked key is told what was answered under an Idempotency-Key before.",
    patches: [{ file: `${CORE}/turns/next.ts`, find: "if (closed !== null) return", replace: "if (closed !== null && !row.keyed) return" }],
    test: { file: TURNS, name: "is not told what was answered under an Idempotency-Key before, nor whether there is such a session" },
  },
  {
    name: "api-key-remembered",
    guard: "A request that reads goes by what the container remembers of the key.",
    patches: [
      { file: `${CORE}/accounts/keyring.ts`, find: "remembered !== undefined && decidedLater", replace: "remembered !== undefined" },
    ],
    test: { file: KEYS, name: "opens nothing once it has ended, and answers like one that never was" },
  },
  {
    name: "api-key-suspended",
    guard: "The key of a suspended person reads on.",
    patches: [
      { file: `${CORE}/accounts/key-owner.ts`, find: "if (row.suspended) throw", replace: 'if (row.suspended && row.id === "") throw' },
    ],
    test: { file: KEYS, name: "opens nothing while its owner is suspended" },
  },
  {
    name: "api-key-owner",
    guard: "Anybody changes anybody's key.",
    patches: [
      {
        file: `${CORE}/accounts/statements/api-key.ts`,
        find: "whose: Sql = sql`user_id = ${slot.actor}::text`",
        replace: "whose: Sql = sql`${slot.actor}::text is not null`",
      },
    ],
    test: {
      file: "tests/accounts/isolation.test.ts",
      name: "is answered by %s %s like one that never was, and nothing happens to it",
      row: "is answered by PATCH users/me/keys/{id} like one that never was, and nothing happens to it",
    },
  },
  {
    name: "api-key-spent",
    guard: "A key's sum does not follow what its turns were charged.",
    patches: [
      {
        file: `${CORE}/ledger/statements/key-spent.ts`,
        find: "set spent = api_keys.spent + debit.charge,",
        replace: "set spent = api_keys.spent,",
      },
    ],
    test: { file: TURNS, name: "is its owner's, from their wallet, and names the key in its row, its event and the key's sum" },
  },
  {
    name: "api-key-reach",
    guard: "A key opens what only a person may.",
    patches: [
      {
        file: "functions/users/app.ts",
        find: 'app.use("/api/v1/users/*", authenticated(deps.verify, config));',
        replace:
          'app.use("/api/v1/users/*", authenticated(deps.verify, config, (key) => deps.keyring.callerOf(key, { decidedLater: false })));',
      },
    ],
    test: { file: KEYS, name: "opens its owner's sessions and the models, and nothing else" },
  },
];
