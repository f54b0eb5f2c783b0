// Guards of holds: whose they are, that they are settled once and for no more than was meant, and for whom a key may act.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";
const TURNS = `${CORE}/turns`;
const STATEMENTS = `${CORE}/ledger/statements`;
const HOLDS = "tests/turns/holds.test.ts";
const SETTLED = "tests/turns/hold-settled.test.ts";
const OTHERS = "tests/turns/holds-for-others.test.ts";

export const HOLD_GUARDS: readonly Mutant[] = [
  {
    name: "hold-in-full",
    guard: "A hold of any size is opened while anything is available.",
    patches: [
      {
        file: `${TURNS}/request.ts`,
        find: "if (stated !== undefined) return { inFull: true, fits: false };",
        replace: "if (stated !== undefined) return { inFull: isStrict, fits: false };",
      },
    ],
    test: { file: HOLDS, name: "is covered in full or refused with the figures of a turn's 402, and writes nothing then" },
  },
  {
    name: "hold-on-disk",
    guard: "A hold is answered before it is on disk: a server that fails forgets what somebody was told.",
    patches: [{ file: `${STATEMENTS}/open-hold.ts`, find: "isAnswered: true", replace: "isAnswered: false" }],
    test: { file: "tests/ledger/durability-of-open.test.ts", name: "a hold is on disk before somebody is told its id" },
  },
  {
    name: "hold-own",
    guard: "Whoever knows its id settles a hold.",
    patches: [{ file: `${TURNS}/hold.ts`, find: "row === undefined || !isReachedBy(caller, row)", replace: "row === undefined" }],
    test: { file: HOLDS, name: "a key reaches the holds that it opened, its owner all of theirs, and nobody else any" },
  },
  {
    name: "hold-by-its-key",
    guard: "A key settles the holds of its owner's other keys.",
    patches: [
      {
        file: `${TURNS}/hold.ts`,
        find: "if (key !== null) return hold.api_key_id === key.id;",
        replace: "if (key !== null && hold.acted_by !== null) return hold.api_key_id === key.id;",
      },
    ],
    test: { file: HOLDS, name: "a key reaches the holds that it opened, its owner all of theirs, and nobody else any" },
  },
  {
    name: "hold-of-the-service",
    guard: "The person whom a service acts for voids its hold before it is settled.",
    patches: [
      {
        file: `${TURNS}/hold.ts`,
        find: "(hold.acted_by ?? hold.user_id) === actor",
        replace: "[hold.acted_by, hold.user_id].includes(actor)",
      },
    ],
    test: { file: OTHERS, name: "keeps its holds to itself: the person neither voids nor settles them; its owner may" },
  },
  {
    name: "hold-same-figures",
    guard: "A settle with other figures is answered as if they were booked.",
    patches: [{ file: `${TURNS}/hold-settle.ts`, find: "if (isSame !== true ||", replace: "if (used === undefined ||" }],
    test: { file: SETTLED, name: "is answered the same for ever, and other figures are refused" },
  },
  {
    name: "hold-twice",
    guard: "A settle charges whatever is stated: a stolen key empties a wallet past its limits.",
    patches: [{ file: `${TURNS}/hold-settle.ts`, find: "MOST_OF_A_HOLD = 2", replace: "MOST_OF_A_HOLD = 1_000_000" }],
    test: { file: SETTLED, name: "above the hold is charged in full, up to twice of it; above that nothing is booked" },
  },
  {
    name: "hold-price",
    guard: "A hold is settled at the price of the moment.",
    patches: [
      {
        file: `${STATEMENTS}/open-hold.ts`,
        find: '["multiplier", sql`price.multiplier`]',
        replace: '["multiplier", sql`price.multiplier * 2`]',
      },
    ],
    test: { file: SETTLED, name: "is at the price of the opening, whatever was changed since" },
  },
  {
    name: "hold-lease-over",
    guard: "A hold whose lease is over is kept for longer, though it may be swept already.",
    patches: [{ file: `${TURNS}/statements/extend-hold.ts`, find: "       and own.lease_until > clock_timestamp()\n", replace: "" }],
    test: { file: HOLDS, name: "is not extended once it is over" },
  },
  {
    name: "hold-bounded",
    guard: "A hold is kept for ever.",
    patches: [
      {
        file: `${TURNS}/statements/extend-hold.ts`,
        find: "own.opened_until + interval '24 hours'",
        replace: "own.opened_until + interval '24 years'",
      },
    ],
    test: { file: HOLDS, name: "is extended from now, never shortened, and at most to a day after its first end" },
  },
  {
    name: "others-right",
    guard: "Any key acts for others once its request was let in.",
    patches: [
      { file: `${STATEMENTS}/pass.ts`, find: "\n       and (${slot.keyOwner}::text is null or api_keys.acts_for_others)", replace: "" },
    ],
    test: { file: OTHERS, name: "is asked again in the statement: what was taken back while a hold waited for its wallet opens nothing" },
  },
  {
    name: "others-asked",
    guard: "A token names anybody as its payer.",
    patches: [
      {
        file: `${TURNS}/acting-for.ts`,
        find: "if (key?.actsForOthers !== true) throw",
        replace: 'if (key === null) return { ...caller, actor: person, wallet: person };\n  if (key.id === "") throw',
      },
    ],
    test: { file: OTHERS, name: "decides: no token acts for others, nor does anybody else's key" },
  },
  {
    name: "others-exist",
    guard: "A service makes wallets of mistyped ids.",
    patches: [{ file: `${TURNS}/hold-open.ts`, find: "if (person === undefined) throw", replace: 'if (person?.id === "") throw' }],
    test: { file: OTHERS, name: "decides: no token acts for others, nor does anybody else's key" },
  },
  {
    name: "others-request-keys",
    guard: "A service's Idempotency-Key is the person's: one is told what the other asked.",
    patches: [
      { file: `${TURNS}/hold-open.ts`, find: "key?.owner === undefined ? { value, hash }", replace: 'key?.owner !== "" ? { value, hash }' },
    ],
    test: { file: OTHERS, name: "has idempotency keys of its own: the person's request under the same one is another" },
  },
  {
    name: "others-key-running",
    guard: "What a service's key holds for others is not counted for its limits.",
    patches: [
      {
        file: "migrations/20261122_0058_holds.ts",
        find: "where turn.api_key_id = of_key\n",
        replace: "where turn.api_key_id = of_key and turn.user_id = of_actor\n",
      },
    ],
    test: { file: OTHERS, name: "is bound by the person's limits and suspension, and by its own limits over everybody it acts for" },
  },
  {
    name: "cost-of-the-house",
    guard: "Anybody's word of a cost stands in the margin.",
    patches: [
      {
        file: `${TURNS}/hold-settle.ts`,
        find: "caller.key?.actsForOthers === true ? (costUsd ?? ZERO) : ZERO",
        replace: "caller.isAdmin ? ZERO : (costUsd ?? ZERO)",
      },
    ],
    test: { file: OTHERS, name: "says what the house paid, which is in the margin; nobody else's word is" },
  },
  {
    name: "usage-allowed",
    guard: "Any key books usage after the fact.",
    patches: [
      { file: "functions/holds/routes.ts", find: "if (caller.key?.booksUsage !== true) throw", replace: "if (caller.key === null) throw" },
    ],
    test: { file: OTHERS, name: "wants a key that an admin lets do so, and an Idempotency-Key" },
  },
  {
    name: "usage-keyed",
    guard: "Usage is booked without a key, and a repetition books it again.",
    patches: [
      {
        file: "functions/holds/routes.ts",
        find: "const key = requestKey(c);\n      const { caller }",
        replace: "const key = requestKey(c) ?? { value: c.var.requestId, hash: c.var.requestId };\n      const { caller }",
      },
    ],
    test: { file: OTHERS, name: "wants a key that an admin lets do so, and an Idempotency-Key" },
  },
];
