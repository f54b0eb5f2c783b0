// Guards at the edge: tokens, admins, conditions, sizes.

import type { Mutant } from "../mutant.ts";

const AUTH = "packages/edge/src/auth/verifier.ts";
const KNOWN = "packages/edge/src/auth/known-tokens.ts";
const ACCESS = "packages/edge/src/auth/access.ts";
const TOKENS = "tests/edge/auth.test.ts";
const TITLE = "with %s is 401";

export const EDGE_GUARDS: readonly Mutant[] = [
  {
    name: "token-audience",
    guard: "Tokens that the issuer made for somebody else are taken.",
    patches: [{ file: AUTH, find: "{ issuer, audience, requiredClaims", replace: "{ issuer, requiredClaims" }],
    test: { file: TOKENS, name: TITLE, row: "with another audience is 401" },
  },
  {
    name: "token-expiry",
    guard: "A token need not say when it ends: one that leaked is good for ever.",
    patches: [
      { file: AUTH, find: 'requiredClaims: ["exp", "sub"]', replace: 'requiredClaims: ["sub"]' },
      { file: AUTH, find: "if (!Number.isInteger(exp) || ", replace: "if ((exp !== undefined && !Number.isInteger(exp)) || " },
    ],
    test: { file: TOKENS, name: TITLE, row: "with no expiry is 401" },
  },
  {
    name: "token-alg",
    guard: "The algorithm is the token's choice among its kind.",
    patches: [{ file: AUTH, find: 'alg === "HS256" && secret', replace: 'alg?.startsWith("HS") && secret' }],
    test: { file: TOKENS, name: TITLE, row: "with HS512 with the right secret is 401" },
  },
  {
    name: "token-anonymous",
    guard: "Anonymous users of the issuer are users here.",
    patches: [
      { file: AUTH, find: '  if (isAnonymous !== undefined && isAnonymous !== false) throw unauthenticated("anonymous");\n', replace: "" },
    ],
    test: { file: TOKENS, name: TITLE, row: "with an anonymous user is 401" },
  },
  {
    name: "token-role",
    guard: "The issuer's public key for everybody, which is a token too, is a user here.",
    patches: [{ file: AUTH, find: '  if (role !== undefined && role !== "authenticated") throw unauthenticated("role");\n', replace: "" }],
    test: { file: TOKENS, name: TITLE, row: "with the role anon is 401" },
  },
  {
    name: "known-token-end",
    guard: "A token that was verified once is good for ever.",
    patches: [{ file: KNOWN, find: " && now < expiresAt", replace: "" }],
    test: { file: "tests/edge/known-tokens.test.ts", name: "is refused from the instant in which it ends" },
  },
  {
    name: "known-token-key",
    guard: "A token that was verified once outlives the key that signed it.",
    patches: [{ file: KNOWN, find: "key === currentKey && ", replace: "" }],
    test: { file: "tests/edge/known-tokens.test.ts", name: "is refused when another key has taken its key's name" },
  },
  {
    name: "known-token-whole",
    guard: "A token is known by its head and its signature, whatever it says of its owner.",
    patches: [{ file: KNOWN, find: ".update(token)", replace: '.update(token.replace(/\\..*\\./, ""))' }],
    test: {
      file: "tests/edge/known-tokens.test.ts",
      name: "lends its name to no token that differs in a letter, of the payload or of the signature",
    },
  },
  {
    name: "admin-guard",
    guard: "Every user is an admin.",
    patches: [
      {
        file: ACCESS,
        find: '  if (adminReach === "none") throw forbidden("Admin access required.", "no_admin");\n',
        replace: "",
      },
    ],
    test: {
      file: "tests/edge/admin-guard.test.ts",
      name: "is 401 without a token, 403 for a user, whatever else is wrong or right with the request, and nothing happens",
    },
  },
  {
    name: "admin-blank-ids",
    guard: "Blanks in the list of admins are ids of admins.",
    patches: [{ file: "packages/core/src/config/rules.ts", find: '\n    .filter((item) => item !== "")', replace: "" }],
    test: {
      file: "tests/config/config.test.ts",
      name: "nobody is one by accident when the list is %j",
      row: 'nobody is one by accident when the list is ","',
    },
  },
  {
    name: "if-match",
    guard: "The revision that an admin saw is not compared: of two who change one price the second overwrites the first unseen.",
    patches: [
      {
        file: "packages/core/src/pricing/statements/patch-price.ts",
        find: "       and (${slot.ifRevision}::bigint is null or settings.revision = ${slot.ifRevision}::bigint)\n       for update of known",
        replace: "       for update of known",
      },
    ],
    test: {
      file: "tests/audit/admin-races.test.ts",
      name: "lets the patch through at that revision, and refuses it with 412 at any other",
    },
  },
  {
    name: "body-size",
    guard: "A body is as long as its Content-Length says: one that comes in chunks fills the memory.",
    patches: [
      { file: "packages/edge/src/shell/size-limits.ts", find: "      if (size > maxBytes) break;\n", replace: "" },
      { file: "packages/edge/src/shell/size-limits.ts", find: "  if (size > maxBytes) return null;\n", replace: "" },
    ],
    test: { file: "tests/edge/http-edge-body.test.ts", name: "above 256 KiB is 413 by its real bytes, with a length or in chunks" },
  },
  {
    name: "clock-set-back",
    guard: "A clock that was set back makes what is kept for a while last: withdrawn keys stay in use.",
    patches: [{ file: "packages/contract/src/time.ts", find: "return ms < 0 ? Infinity : ms;", replace: "return ms;" }],
    test: {
      file: "tests/edge/auth-keys.test.ts",
      name: "are no longer trusted for a clock that was set back: they are asked for again",
    },
  },
  {
    name: "page-octets",
    guard: "A page ends by its number of rows alone: 200 turns of 1 MiB are more than Lambda may answer, and the list is 500 for ever.",
    patches: [
      {
        file: "packages/edge/src/output/list-page.ts",
        find: "const views = fitting(page.rows.map((row) => view(row)));",
        replace: "const views = page.rows.map((row) => view(row));",
      },
    ],
    test: {
      file: "tests/edge/pages-by-bytes.test.ts",
      name: "ends a page before it is too large for Lambda, and is walked by cursor through every row once",
    },
  },
  {
    name: "page-one-row",
    guard: "A row that is larger than a page is left out of it: the list ends there, and what is older is never seen again.",
    patches: [{ file: "packages/edge/src/output/list-page.ts", find: " < 0 && index > 0)", replace: " < 0 && index >= 0)" }],
    test: {
      file: "tests/edge/pages-by-bytes.test.ts",
      name: "ends a page before it is too large for Lambda, and is walked by cursor through every row once",
    },
  },
  {
    name: "page-memory",
    guard: "A page is cut after all its rows were read: 200 of 1 MiB are in the container's memory at once.",
    patches: [
      {
        file: "packages/core/src/db/list.ts",
        find: "where coalesce(octets_before, 0) < ${PAGE_OCTETS}::bigint",
        replace: "where coalesce(octets_before, 0) < 1000 * ${PAGE_OCTETS}::bigint",
      },
    ],
    test: { file: "tests/edge/pages-by-bytes.test.ts", name: "reads no more rows than a page can hold" },
  },
  {
    name: "sendable-text",
    guard:
      "An answer is kept as long as it can be stored and not as far as it can be sent: a turn of control characters is charged and never seen.",
    patches: [
      {
        file: "packages/core/src/models/storable-text.ts",
        find: "    if (left < 0) return {",
        replace: "    if (left < -Infinity) return {",
      },
    ],
    test: {
      file: "tests/edge/pages-by-bytes.test.ts",
      name: "is kept as far as it can be sent: the turn, its replay and each list can be read",
    },
  },
  {
    name: "told-to-holders",
    guard: "A 401 tells anybody which rule their token broke: whoever forges one learns how far it got.",
    patches: [
      {
        file: "packages/edge/src/output/problem.ts",
        find: "const why = TOLD_TO_HOLDERS[reason];",
        replace: "const why: string | undefined = reason;",
      },
    ],
    test: {
      file: "tests/edge/challenge.test.ts",
      name: "for %s says no more than its holder may know",
      row: "for an expired token that another signed says no more than its holder may know",
    },
  },
];
