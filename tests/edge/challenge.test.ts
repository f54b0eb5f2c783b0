// A 401 says how one signs in, and why a token was not taken: to whoever holds one that the issuer signed, and to nobody else.

import { describe, expect, it } from "vitest";
import { AUDIENCE, givenKey, ISSUER, keySet, LEGACY_SECRET, macBy, sharedAuth, signedBy } from "../support/tokens.ts";

const key = givenKey("key-1");
const foreignKey = givenKey("key-1");
const auth = sharedAuth(keySet(key));

const SECONDS = 1_795_000_000;
const HEADER = { alg: "ES256", kid: "key-1", typ: "JWT" };
const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: "user-1", exp: SECONDS + 3_600, iat: SECONDS, role: "authenticated" };

function token(claims: Record<string, string | number | boolean> = {}, header: Record<string, string> = {}): string {
  return signedBy(key, { ...HEADER, ...header }, { ...CLAIMS, ...claims });
}

const EXPIRED = 'Bearer error="invalid_token", error_description="expired"';
const INVALID = 'Bearer error="invalid_token"';

/** What `WWW-Authenticate` says: why, for a token that the issuer signed; for anything else nothing that its maker could learn from. */
const CHALLENGES: [string, () => string | undefined, string][] = [
  ["no token", () => undefined, "Bearer"],
  ["an expired token", () => `Bearer ${token({ exp: SECONDS - 1 })}`, EXPIRED],
  ["an expired token of the legacy secret", () => `Bearer ${macBy(LEGACY_SECRET, { alg: "HS256" }, { ...CLAIMS, exp: 1 })}`, EXPIRED],
  ["an expired token that another signed", () => `Bearer ${signedBy(foreignKey, HEADER, { ...CLAIMS, exp: 1 })}`, INVALID],
  ["a token for another audience", () => `Bearer ${token({ aud: "anon" })}`, `${INVALID}, error_description="for another audience"`],
  ["a token of another issuer", () => `Bearer ${token({ iss: `${ISSUER}/` })}`, `${INVALID}, error_description="of another issuer"`],
  ["a token that begins later", () => `Bearer ${token({ nbf: SECONDS + 1 })}`, `${INVALID}, error_description="not valid yet"`],
  ["an anonymous user's", () => `Bearer ${token({ is_anonymous: true })}`, `${INVALID}, error_description="of an anonymous user"`],
  ["one of another role", () => `Bearer ${token({ role: "anon" })}`, `${INVALID}, error_description="of another role"`],
  ["one without a key of ours", () => `Bearer ${token({}, { kid: "nobody" })}`, INVALID],
  ["one whose algorithm is not taken", () => `Bearer ${token({}, { alg: "none" })}`, INVALID],
  ["nothing like a token", () => "Bearer x", INVALID],
];

describe("a 401", () => {
  it.each(CHALLENGES)("for %s says no more than its holder may know", async (_name, make, expected) => {
    const answer = await auth.current().get(make());
    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, expected]);
  });
});
