// Guards over what a stage demands, tells and lets anybody cause: second factors, readers, tokens' lives, the source, the build, TLS.

import type { Mutant } from "../mutant.ts";

const ACCESS = "packages/edge/src/auth/access.ts";
const KEYS = "packages/edge/src/auth/key-set.ts";
const VERIFIER = "packages/edge/src/auth/verifier.ts";
const STAGE_RULES = "packages/core/src/config/stage-rules.ts";
const ACCESS_TEST = "tests/edge/access.test.ts";
const KEYS_TEST = "tests/edge/auth-keys.test.ts";
const TOLD_TEST = "tests/edge/told.test.ts";
const REFUSES = "refuses %s = %s, by name and never by value";

export const EXPOSURE_GUARDS: readonly Mutant[] = [
  {
    name: "second-factor",
    guard: "An admin's stolen password is enough.",
    patches: [
      {
        file: ACCESS,
        find: ' && admins.adminAssurance === "aal2" && !isAssured ? "second_factor" : reach',
        replace: ' && !isAssured && false ? "second_factor" : reach',
      },
    ],
    test: {
      file: ACCESS_TEST,
      name: "is not proven by %s: 403 for admin and reader, and they are told why",
      row: "is not proven by nothing: 403 for admin and reader, and they are told why",
    },
  },
  {
    name: "reader-writes",
    guard: "Whoever may read what admins read may change it too.",
    patches: [{ file: ACCESS, find: 'adminReach === "read" && changes', replace: 'adminReach === "read" && !changes && changes' }],
    test: { file: ACCESS_TEST, name: "%s is %s", row: "POST is 403 This account may read, and change nothing." },
  },
  {
    name: "token-life",
    guard: "A token that was made for years is good for years.",
    patches: [{ file: VERIFIER, find: "if (maxMinutes !== null && !(", replace: "if (maxMinutes !== null && maxMinutes < 0 && !(" }],
    test: {
      file: ACCESS_TEST,
      name: "of %i seconds, where an hour is the most, is %i",
      row: "of 3601 seconds, where an hour is the most, is 401",
    },
  },
  {
    name: "token-type",
    guard: "Whatever the issuer signed lets somebody in: a logout, an event.",
    patches: [{ file: VERIFIER, find: '  if (!TYPES.has(header.typ)) throw unauthenticated("type");\n', replace: "" }],
    test: { file: ACCESS_TEST, name: "%j is none: 401", row: '"logout+jwt" is none: 401' },
  },
  {
    name: "empty-key-set",
    guard: "An issuer that answers with nothing locks everybody out.",
    patches: [
      {
        file: KEYS,
        find: '  if (!set.keys.some(({ kty }) => kty === "EC" || kty === "RSA")) throw new Error("The key set is empty.");\n',
        replace: "",
      },
    ],
    test: {
      file: KEYS_TEST,
      name: "is what an issuer with an empty set has, or with nothing in it that could sign: its tokens are 503",
    },
  },
  {
    name: "keys-for-ever",
    guard: "A key that the issuer withdrew is good for as long as the issuer cannot be asked.",
    patches: [{ file: KEYS, find: "    if (keys !== null && elapsed(clock, fetchedAt) > KEYS_HOLD_MS) keys = null;\n", replace: "" }],
    test: { file: KEYS_TEST, name: "leaves good tokens good for a day, and then nothing is known: 503, until it is back" },
  },
  {
    name: "unknown-key-while-away",
    guard: "A good token of a new key is refused for good while the issuer is away.",
    patches: [{ file: KEYS, find: "    if (found === null && isAway) throw unavailable();\n", replace: "" }],
    test: {
      file: KEYS_TEST,
      name: "refuses nobody whose key is not known for certain: 503, and the new key counts as soon as it can be had",
    },
  },
  {
    name: "decoded-twice",
    guard: "An address is decoded by the gateway and again by us: one user's name reaches another.",
    patches: [{ file: "packages/edge/src/lambda/event.ts", find: "/[?#]/g : /[%?#]/g", replace: "/[?#]/g : /[?#]/g" }],
    test: { file: "tests/edge/lambda-adapter.test.ts", name: "is decoded once behind %s", row: "is decoded once behind an HTTP API" },
  },
  {
    name: "caller-names-the-audit",
    guard: "A caller chooses the request id that the audit keeps.",
    patches: [
      {
        file: "packages/edge/src/shell/envelope.ts",
        find: "own: plain(invocationOf(c).runtimeRequestId)",
        replace: 'own: plain(c.req.header("X-Request-Id")) ?? plain(invocationOf(c).runtimeRequestId)',
      },
    ],
    test: {
      file: "tests/audit/admin-audit.test.ts",
      name: "keeps our id of the request and never the caller's, who could give two the same, and the admin who sent it",
    },
  },
  {
    name: "build-token",
    guard: "Anybody is told which build answers, and on which schema.",
    patches: [
      {
        file: "packages/edge/src/shell/build-token.ts",
        find: "return given !== undefined && timing",
        replace: "return given === undefined || timing",
      },
    ],
    test: { file: TOLD_TEST, name: "is not told to whoever sends %j", row: "is not told to whoever sends undefined" },
  },
  {
    name: "health-each-time",
    guard: "Anybody who asks for health asks the database.",
    patches: [
      {
        file: "packages/edge/src/shell/remembered.ts",
        find: "if (last === null || elapsed(clock, last.at) >=",
        replace: "if (last !== undefined || elapsed(clock, 0) >=",
      },
    ],
    test: { file: TOLD_TEST, name: "asks the database once for all who ask within three seconds, also when it is away" },
  },
  {
    name: "foreign-origin",
    guard: "Any web page posts payment events to the local world.",
    patches: [
      {
        file: "packages/local/src/server.ts",
        find: "  return !isOwn && !allowed.includes(origin);",
        replace: "  return !isOwn && allowed.length > 9;",
      },
    ],
    test: {
      file: "tests/local/foreign-origin.test.ts",
      name: "a page of %s posts nothing: 403, also to the webhook, which takes events unsigned here",
      row: "a page of https://evil.example posts nothing: 403, also to the webhook, which takes events unsigned here",
    },
  },
  {
    name: "database-tls",
    guard: "A database off this machine is spoken to in plain.",
    patches: [
      {
        file: "packages/core/src/db/driver.ts",
        find: "neon ? url : securedDatabaseUrl(url)",
        replace: "neon ? url : url || securedDatabaseUrl(url)",
      },
    ],
    test: {
      file: "tests/db/database-tls.test.ts",
      name: "that has no TLS is told nothing but the wish for it, by requests and by migrations",
    },
  },
  {
    name: "stripe-elsewhere",
    guard: "A shared stage sends Stripe's key to whatever address it was given.",
    patches: [{ file: STAGE_RULES, find: "stripe !== undefined && stripe.replace", replace: "stripe === STRIPE && stripe.replace" }],
    test: {
      file: "tests/config/stage-rules.test.ts",
      name: REFUSES,
      row: "refuses STRIPE_API_URL = https://stripe.evil.example, by name and never by value",
    },
  },
  {
    name: "stripe-asked-each-time",
    guard: "Whoever reads an unpaid top-up over and over makes us ask Stripe as often.",
    patches: [
      {
        file: "packages/core/src/payments/asked-rarely.ts",
        find: "elapsed(clock, last.at) < ASKED_AGAIN_AFTER_MS",
        replace: "elapsed(clock, last.at) < 0",
      },
    ],
    test: {
      file: "tests/payments/asked-rarely.test.ts",
      name: "a hundred reads within three seconds are one call to Stripe, and the next one after them finds the payment",
    },
  },
];
