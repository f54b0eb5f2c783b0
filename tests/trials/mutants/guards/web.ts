// Guards of signing in and of the web app: codes, refresh tokens, who may send a card, what an address may do.

import type { Mutant } from "../mutant.ts";

const GRANTS = "packages/stand-ins/src/sign-in/grants.ts";
const SIGN_IN = "packages/stand-ins/src/sign-in/sign-in.ts";
const SIGNING_IN = "tests/stand-ins/sign-in.test.ts";
const TROUBLE = "tests/web/when-something-goes-wrong.test.ts";

export const WEB_GUARDS: readonly Mutant[] = [
  {
    name: "refresh-reuse",
    guard: "A refresh token that leaked goes on beside the one that replaced it.",
    patches: [{ file: GRANTS, find: "if (kept.used) kept.signIn.ended = true;", replace: "" }],
    test: { file: SIGNING_IN, name: "is good once; a second use ends the sign-in for both who have it" },
  },
  {
    name: "code-once",
    guard: "A code buys tokens as often as somebody sends it.",
    patches: [
      { file: GRANTS, find: "  kept.used = true;\n", replace: "" },
      { file: GRANTS, find: "if (kept.used || kept.signIn.ended", replace: "if (kept.signIn.ended" },
    ],
    test: { file: SIGNING_IN, name: "is good once; a second use ends the sign-in that the first began" },
  },
  {
    name: "code-verifier",
    guard: "A code that leaked on its way back buys tokens without the verifier.",
    patches: [{ file: GRANTS, find: " || !isVerifierOf(kept.challenge, verifier)", replace: "" }],
    test: {
      file: SIGNING_IN,
      name: "is worth nothing with %s, then or later",
      row: "is worth nothing with another verifier, then or later",
    },
  },
  {
    name: "sign-in-address",
    guard: "A code is sent to whatever address asks for one.",
    patches: [{ file: SIGN_IN, find: "redirectUri === `${origin}${SIGNED_IN_PATH}`", replace: "redirectUri !== undefined" }],
    test: {
      file: SIGNING_IN,
      name: "for %s is refused here and sent nowhere",
      row: "for another address is refused here and sent nowhere",
    },
  },
  {
    name: "card-origin",
    guard: "A page of another site pays with a secret that it got hold of.",
    patches: [{ file: "packages/local/src/server.ts", find: "return !isOwn && !allowed.includes(origin);", replace: "return false;" }],
    test: { file: "tests/local/stand-in-card.test.ts", name: "%s", row: "by the page of another site" },
  },
  {
    name: "one-renewal",
    guard: "Questions that wait for a token renew it one by one, and the second use of the refresh token ends the sign-in.",
    patches: [{ file: "packages/web/src/session/session.ts", find: "renewing ??=", replace: "renewing =" }],
    test: { file: TROUBLE, name: "one renewal runs at a time, however many questions wait for it" },
  },
];
