// Guards of the door: nothing of what is said is kept, nobody holds more than they can pay, and what was lost is not charged twice.

import type { Mutant } from "../mutant.ts";

const DOOR = "functions/completions";
const TURNS = "packages/core/src/turns";
const CHAT = "tests/completions/chat.test.ts";
const RESPONSES = "tests/completions/responses.test.ts";

export const DOOR_GUARDS: readonly Mutant[] = [
  {
    name: "call-kept",
    guard: "What a call was answered stays in the database, though nobody may ask for it again.",
    patches: [{ file: `${TURNS}/view.ts`, find: 'return session === null && key === null ? "" : text;', replace: "return text;" }],
    test: { file: CHAT, name: "is kept nowhere, and is in the lists of what was used" },
  },
  {
    name: "call-least",
    guard: "A call runs on less than the least output, and its few credits buy an answer of no use.",
    patches: [
      {
        file: "packages/core/src/ledger/statements/funds.ts",
        find: "case when ${slot.coverInFull}::boolean or ${slot.fitsToBalance}::boolean",
        replace: "case when ${slot.coverInFull}::boolean",
      },
    ],
    test: {
      file: "tests/completions/credits.test.ts",
      name: "is refused below 256 tokens, with everything in the message, and nothing is written",
    },
  },
  {
    name: "call-broken",
    guard: "A stream that broke off ends like a whole one: three of four clients take it for complete.",
    patches: [{ file: `${DOOR}/chat-told.ts`, find: 'if (reason === "cut") return null;', replace: "" }],
    test: { file: CHAT, name: "that breaks off ends with an error and nothing after it, and what came is paid" },
  },
  {
    name: "response-broken",
    guard: "A response that broke off is told as one that was whole.",
    patches: [{ file: `${DOOR}/response-told.ts`, find: 'if (reason === "cut") return null;', replace: "" }],
    test: { file: RESPONSES, name: "that breaks off ends with an error and a failed response, and what came is paid" },
  },
  {
    name: "response-kept",
    guard: "A program is told that a response was stored, and refers to it in vain.",
    patches: [
      {
        file: "packages/contract/src/responses.ts",
        find: 'v.nullish(v.literal(false, "must be false: no response is kept"))',
        replace: "v.nullish(v.boolean())",
      },
    ],
    test: {
      file: RESPONSES,
      name: "%s is refused with 400 in OpenAI's shape, and nothing runs",
      row: "store is refused with 400 in OpenAI's shape, and nothing runs",
    },
  },
  {
    name: "call-status",
    guard: "A refusal that one client asks for seven times over.",
    patches: [{ file: `${DOOR}/refused.ts`, find: "return status === 422 || status === 415 ? 400 : status;", replace: "return status;" }],
    test: { file: CHAT, name: "with another body is refused" },
  },
  {
    name: "call-drained",
    guard: "A reader who leaves a stream early pays for a part of what the provider asks for.",
    patches: [{ file: `${TURNS}/call.ts`, find: "drainMs: modelMs", replace: "drainMs: 0" }],
    test: { file: "tests/completions/credits.test.ts", name: "a reader who leaves a stream pays for the whole answer, which is drained" },
  },
  {
    name: "call-lost",
    guard: "An answer that was lost on its way is charged again when its client asks again.",
    patches: [{ file: `${DOOR}/repeated.ts`, find: "() => (tries > 0 ?", replace: "() => (tries > 99 ?" }],
    test: { file: "tests/completions/repeated.test.ts", name: "is told to its repetition, while it runs and after it, and charged once" },
  },
  {
    name: "call-lost-to-others",
    guard: "A repetition is told the answer of somebody else's request.",
    patches: [
      { file: `${DOOR}/repeated.ts`, find: 'return `${actor} ${key?.id ?? ""} ${', replace: "void actor;\n  void key;\n  return `${" },
    ],
    test: {
      file: "tests/completions/repeated.test.ts",
      name: "is not told to another request, to another caller, or to one that is no repetition",
    },
  },
  {
    name: "generation-owner",
    guard: "What a call cost is told to whoever knows its id.",
    patches: [
      {
        file: `${TURNS}/spent.ts`,
        find: '    .where("t.user_id", "=", actor)\n',
        replace: "    .where(() => sql<boolean>`${actor}::text is not null`)\n",
      },
    ],
    test: { file: "tests/completions/listing.test.ts", name: "tells of one call by the id of its answer, to its own caller alone" },
  },
  {
    name: "usage-of-key",
    guard: "What a key used is told to whoever knows its id.",
    patches: [
      {
        file: "packages/core/src/reports/by-key.ts",
        find: "const ofUser = user === null ? sql`true` :",
        replace: "const ofUser = user === null || key !== null ? sql`true` :",
      },
      {
        file: "packages/core/src/reports/own-summary.ts",
        find: "where user_id = ${wallet}::text",
        replace: "where (user_id = ${wallet}::text or ${key}::text is not null)",
      },
    ],
    test: { file: "tests/reports/usage-by-key.test.ts", name: "shows nothing of somebody else's key" },
  },
  {
    name: "call-lost-revoked",
    guard: "A key that was revoked is told what it had asked before.",
    patches: [
      { file: `${DOOR}/repeated.ts`, find: "if (findLost() !== undefined) await stillGood(c.var.caller);", replace: "void stillGood;" },
    ],
    test: { file: "tests/completions/repeated.test.ts", name: "is not told to a key that was revoked meanwhile, nor is anything run" },
  },
  {
    name: "count-revoked",
    guard: "A key that was revoked is let in wherever no statement asks for its row.",
    patches: [{ file: `${DOOR}/app.ts`, find: "decidedLater: CALLS.has(path)", replace: 'decidedLater: path !== "" || CALLS.has(path)' }],
    test: { file: "tests/completions/keys.test.ts", name: "is asked for its row by whatever runs no call" },
  },
];
