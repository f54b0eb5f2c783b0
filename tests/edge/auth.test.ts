// Only a token that the issuer signed for us, for one person, for now, lets anybody in. Every other gets the same 401, and none makes
// the verifier ask anybody but the issuer.

import { describe, expect, it } from "vitest";
import { refused } from "../support/edge.ts";
import {
  ADMIN,
  AUDIENCE,
  givenKey,
  ISSUER,
  type Json,
  keySet,
  LEGACY_SECRET,
  macBy,
  part,
  sharedAuth,
  signedBy,
} from "../support/tokens.ts";

const key = givenKey("key-1");
const rsaKey = givenKey("key-2", "RS256");
const foreignKey = givenKey("key-1");
const auth = sharedAuth(keySet(key, rsaKey));

const SECONDS = 1_795_000_000;
const HEADER = { alg: "ES256", kid: "key-1", typ: "JWT" };
const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: "user-1",
  exp: SECONDS + 3_600,
  iat: SECONDS,
  role: "authenticated",
  email: "a@example.com",
};

function token(
  claims: { readonly [name: string]: Json | undefined } = {},
  header: { readonly [name: string]: Json | undefined } = {},
): string {
  return signedBy(key, JSON.stringify({ ...HEADER, ...header }), JSON.stringify({ ...CLAIMS, ...claims }));
}

/** A token whose payload is this text, for values that JSON.stringify would not write. */
function rawToken(name: string, value: string): string {
  const { [name as "exp"]: _left, ...others } = CLAIMS;
  return signedBy(key, HEADER, `${JSON.stringify(others).slice(0, -1)},"${name}":${value}}`);
}

function get(bearer: string): ReturnType<ReturnType<typeof auth.current>["get"]> {
  return auth.current().get(`Bearer ${bearer}`);
}

describe("a good token", () => {
  it.each<[string, () => string, object]>([
    ["signed with ES256", () => token(), {}],
    ["signed with RS256", () => signedBy(rsaKey, { alg: "RS256", kid: "key-2" }, CLAIMS), {}],
    ["of the legacy secret", () => macBy(LEGACY_SECRET, { alg: "HS256" }, CLAIMS), {}],
    ["without a key id, where one key fits", () => token({}, { kid: undefined }), {}],
    ["for several audiences", () => token({ aud: ["other", AUDIENCE] }), {}],
    ["that says nothing of a role", () => token({ role: undefined, is_anonymous: false }), {}],
    ["that ends in a second", () => token({ exp: SECONDS + 1 }), {}],
    ["issued a minute ahead", () => token({ iat: SECONDS + 60 }), {}],
    ["of a subject of 64 emoji", () => token({ sub: "😀".repeat(64) }), { actor: "😀".repeat(64), wallet: "😀".repeat(64) }],
    ["without an address", () => token({ email: undefined }), { email: null }],
    ["with an address that is none", () => token({ email: ["a"] }), { email: null }],
    ["of an admin", () => token({ sub: ADMIN }), { actor: ADMIN, wallet: ADMIN, isAdmin: true }],
  ])("%s says who calls", async (_name, make, expected) => {
    const answer = await get(make());
    const caller = { actor: "user-1", wallet: "user-1", key: null, isAdmin: false };
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { ...caller, email: "a@example.com", ...expected }]);
  });

  it("may name the scheme in any case", async () => {
    for (const scheme of ["bearer", "BEARER", "Bearer"]) expect((await auth.current().get(`${scheme} ${token()}`)).status).toBe(200);
  });
});

describe("an Authorization header", () => {
  it.each<[string, () => string | undefined]>([
    ["absent", () => undefined],
    ["empty", () => ""],
    ["a scheme alone", () => "Bearer"],
    ["a scheme and blanks", () => "Bearer   "],
    ["two tokens", () => `Bearer ${token()} ${token()}`],
    ["two headers in one", () => `Bearer ${token()}, Bearer ${token()}`],
    ["two schemes", () => `Bearer Bearer ${token()}`],
    ["Basic", () => `Basic ${token()}`],
    ["Token", () => `Token ${token()}`],
    ["no scheme", () => token()],
    ["quoted", () => `Bearer "${token()}"`],
  ])("that is %s is 401", async (_name, make) => {
    expect(await refused(auth.current().get(make()))).toBe("401 unauthenticated");
  });

  it("is the only place where a token counts", async () => {
    expect(await refused(auth.current().get(undefined, `/api/v1/me?access_token=${token()}`))).toBe("401 unauthenticated");
    expect(await refused(auth.current().get(undefined, "/api/v1/me", { Cookie: `access_token=${token()}` }))).toBe("401 unauthenticated");
  });
});

/** The same signature with another last letter: one whose unused bits differ, and one that differs for real. */
function withLastLetter(made: string, offset: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return made.slice(0, -1) + alphabet.charAt((alphabet.indexOf(made.slice(-1)) + offset) % 64);
}

const BAD: [string, () => string][] = [
  ["alg none", () => `${part({ alg: "none" })}.${part(CLAIMS)}.`],
  ["alg None, with a signature", () => token({}, { alg: "None" })],
  ["alg nOnE, in two parts", () => `${part({ alg: "nOnE" })}.${part(CLAIMS)}`],
  ["an empty signature", () => token().replace(/[^.]+$/, "")],
  ["the public key as a shared secret", () => macBy(key.pem, { alg: "HS256", kid: "key-1" }, CLAIMS)],
  ["the RSA public key as a shared secret", () => macBy(rsaKey.pem, { alg: "HS256", kid: "key-2" }, CLAIMS)],
  ["the public key's JSON as a shared secret", () => macBy(JSON.stringify(key.jwk), { alg: "HS256" }, CLAIMS)],
  ["HS384 with the right secret", () => macBy(LEGACY_SECRET, { alg: "HS384" }, CLAIMS, "sha384")],
  ["HS512 with the right secret", () => macBy(LEGACY_SECRET, { alg: "HS512" }, CLAIMS, "sha512")],
  ["HS256 with a wrong secret", () => macBy(`${LEGACY_SECRET}.`, { alg: "HS256" }, CLAIMS)],
  ["HS256 with an empty secret", () => macBy("", { alg: "HS256" }, CLAIMS)],
  ["the secret's signature under ES256", () => macBy(LEGACY_SECRET, HEADER, CLAIMS)],
  ["ES256 that says HS256", () => token({}, { alg: "HS256" })],
  ["ES256 that says RS256", () => token({}, { alg: "RS256" })],
  ["ES384", () => token({}, { alg: "ES384" })],
  ["PS256", () => token({}, { alg: "PS256" })],
  ["no alg", () => token({}, { alg: undefined })],
  ["a list of algs", () => token({}, { alg: ["ES256"] })],
  ["an alg with a blank", () => token({}, { alg: "HS256 " })],
  ["another key of the same name", () => signedBy(foreignKey, HEADER, CLAIMS)],
  ["a changed payload", () => token().replace(/\.[^.]+\./, `.${part({ ...CLAIMS, sub: ADMIN })}.`)],
  ["a last letter that means the same bits", () => withLastLetter(token(), 1)],
  ["a last letter that means other bits", () => withLastLetter(token(), 16)],
  ["a cut signature", () => token().slice(0, -4)],
  ["padding", () => `${token()}==`],
  ["standard base64", () => `${token().slice(0, -2)}+/`],
  ["a blank inside", () => token().replace(".", ". ")],
  ["five parts", () => `${token()}.${part("a")}.${part("b")}`],
  ["four parts", () => `${token()}.`],
  ["a header that is no JSON", () => signedBy(key, "{", CLAIMS)],
  ["a header that is a list", () => signedBy(key, [HEADER], CLAIMS)],
  ["a payload that is no JSON", () => signedBy(key, HEADER, "{")],
  ["a payload that is a list", () => signedBy(key, HEADER, [CLAIMS])],
  ["a payload that is null", () => signedBy(key, HEADER, null)],
  ["expiry a second ago", () => token({ exp: SECONDS - 1 })],
  ["expiry right now", () => token({ exp: SECONDS })],
  ["no expiry", () => token({ exp: undefined })],
  ["expiry null", () => token({ exp: null })],
  ["expiry as text", () => token({ exp: String(SECONDS + 60) })],
  ["expiry 0", () => token({ exp: 0 })],
  ["expiry below zero", () => token({ exp: -1 })],
  ["expiry 1e400", () => rawToken("exp", "1e400")],
  ["expiry 1e20", () => rawToken("exp", "1e20")],
  ["expiry beyond the calendar", () => token({ exp: 253_402_300_800 })],
  ["expiry with a fraction", () => token({ exp: SECONDS + 60.5 })],
  ["expiry NaN", () => rawToken("exp", "NaN")],
  ["a start in the future", () => token({ nbf: SECONDS + 1 })],
  ["an issue more than a minute ahead", () => token({ iat: SECONDS + 61 })],
  ["an issue at 1e400", () => rawToken("iat", "1e400")],
  ["an issue as text", () => token({ iat: "now" })],
  ["another issuer", () => token({ iss: "https://project.auth.example/auth/v2" })],
  ["an issuer that only begins like ours", () => token({ iss: `${ISSUER}.evil.example` })],
  ["an issuer with a slash more", () => token({ iss: `${ISSUER}/` })],
  ["a list with our issuer", () => token({ iss: [ISSUER] })],
  ["no issuer", () => token({ iss: undefined })],
  ["another audience", () => token({ aud: "anon" })],
  ["no audience", () => token({ aud: undefined })],
  ["an empty list of audiences", () => token({ aud: [] })],
  ["no subject", () => token({ sub: undefined })],
  ["an empty subject", () => token({ sub: "" })],
  ["a dot as subject", () => token({ sub: "." })],
  ["two dots as subject", () => token({ sub: ".." })],
  ["a number as subject", () => token({ sub: 1 })],
  ["a list as subject", () => token({ sub: ["user-1"] })],
  ["a subject of 65 characters", () => token({ sub: "a".repeat(65) })],
  ["a subject of 4 KB", () => token({ sub: "a".repeat(4_000) })],
  ["a subject with NUL", () => token({ sub: "a\u0000" })],
  ["a subject with a line end", () => token({ sub: "a\nb" })],
  ["a subject with half a character", () => rawToken("sub", String.raw`"a\ud800"`)],
  [
    "the public anon key",
    () => macBy(LEGACY_SECRET, { alg: "HS256" }, { iss: "supabase", ref: "project", role: "anon", iat: SECONDS, exp: SECONDS + 9 }),
  ],
  [
    "the service_role key",
    () => macBy(LEGACY_SECRET, { alg: "HS256" }, { iss: "supabase", role: "service_role", iat: SECONDS, exp: SECONDS + 9 }),
  ],
  ["the role anon", () => token({ role: "anon" })],
  ["the role service_role", () => token({ role: "service_role" })],
  ["a role of null", () => token({ role: null })],
  ["an anonymous user", () => token({ is_anonymous: true })],
  ["an anonymous user in words", () => token({ is_anonymous: "true" })],
  ["an unknown critical header", () => token({}, { crit: ["x"], x: 1 })],
  ["an empty list of critical headers", () => token({}, { crit: [] })],
  ["an address of keys", () => token({}, { jku: "https://keys.example/jwks" })],
  ["an address of certificates", () => token({}, { x5u: "https://keys.example/certificate" })],
  ["a key of its own", () => token({}, { jwk: { kty: "EC" } })],
  ["an unencoded payload", () => token({}, { b64: false, crit: ["b64"] })],
  ["9 KB", () => token({ filler: "x".repeat(9_000) })],
  ["a deep payload", () => rawToken("deep", `${"[".repeat(3_000)}${"]".repeat(3_000)}`)],
];

describe("a token", () => {
  it.each(BAD)("with %s is 401", async (_name, make) => {
    const good = await refused(get("x.y.z"));
    expect(await refused(get(make()))).toBe(good);
  });

  it("of 12 KB is 401", async () => {
    expect(await refused(get("x".repeat(12_000)))).toBe("401 unauthenticated");
  });

  it("that is refused is refused in the same words, whatever was wrong with it", async () => {
    const texts = new Set<string>();
    for (const make of [BAD[0], BAD[5], BAD[21], BAD[34], BAD[50]]) {
      const answer = await auth.current().get(`Bearer ${make?.[1]() ?? ""}`, "/api/v1/me", { "X-Request-Id": "same" });
      texts.add(answer.text);
    }
    expect(texts.size).toBe(1);
  });

  it("with claims of power that its owner can write makes nobody an admin", async () => {
    const claims = { user_metadata: { is_admin: true }, app_metadata: { role: "admin", is_admin: true }, is_admin: true };
    const bearer = `Bearer ${token(claims)}`;
    expect(JSON.parse((await auth.current().get(bearer)).text)).toMatchObject({ isAdmin: false });
    const refusal = await auth.current().get(bearer, "/api/v1/admin");
    expect([await refused(refusal), JSON.parse(refusal.text)]).toMatchObject(["403 forbidden", { detail: "Admin access required." }]);
  });

  it("of an admin opens what is theirs, and none does not", async () => {
    expect((await auth.current().get(`Bearer ${token({ sub: ADMIN })}`, "/api/v1/admin")).status).toBe(200);
    expect(await refused(auth.current().get(undefined, "/api/v1/admin"))).toBe("401 unauthenticated");
  });
});
