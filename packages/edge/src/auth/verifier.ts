// Who calls: bearer tokens of one issuer, verified by signature and claims. Owns every rule about tokens; where the issuer's keys come
// from is key-set.ts. Each failure is the same 401 with a reason for our own log line;
// of it the holder of a token that the issuer signed is told too (edge/src/output/problem.ts), and nobody else.

import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type ProtectedHeaderParameters } from "jose";
import type { Config } from "@pantheon/core/config/config.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { createKeySet, type KeySet } from "./key-set.ts";
import { knownTokens, stands, type KnownToken } from "./known-tokens.ts";

export type Identity = {
  readonly id: string;
  readonly email: string | null;
  /** Whether the issuer says that a second factor was given. */
  readonly isAssured: boolean;
};

/** Turns an `Authorization` header into who calls. Rejects with `unauthenticated`, or `auth_unavailable` while no keys could be had. */
export type Verifier = (authorization: string | undefined) => Promise<Identity>;

/**
 * A verifier with its own cache of the issuer's keys. ES256 and RS256 are checked with those keys alone, HS256 with the shared secret
 * alone and only when there is one, so neither kind of material can ever stand in for the other. Expiry has no leeway. A token that was
 * verified is known until it ends or its key does.
 */
export function createVerifier(auth: Config["auth"], deps: { clock: Clock; log: Log }): Verifier {
  const { issuer, audience, jwksUrl, jwtSecret } = auth;
  const keySet = createKeySet(jwksUrl, deps);
  const secret = jwtSecret === null ? null : new TextEncoder().encode(jwtSecret);
  const known = knownTokens<Identity>();

  const keyOf = async ({ alg, kid }: Header): Promise<Key> => {
    const isShared = alg === "HS256" && secret !== null;
    if (!(isShared || PUBLISHED.has(alg))) throw unauthenticated("algorithm");
    const key = isShared ? secret : await keySet({ alg, kid });
    if (key === null) throw unauthenticated("key");
    return key;
  };

  return async (authorization) => {
    const token = bearerToken(authorization);
    const now = deps.clock();
    const seen = known.find(token); // of a token that was read before, the header is known too
    if (seen !== null && stands(seen, await keyOf(seen), now)) return seen.owner;
    const header = protectedHeader(token);
    const key = await keyOf(header);
    const expected = { issuer, audience, requiredClaims: ["exp", "sub"], currentDate: new Date(now) };
    const payload = await verified(jwtVerify(token, key, { ...expected, algorithms: [header.alg] }));
    const identity = identityOf(payload, now, auth);
    known.keep(token, { owner: identity, ...header, key, verifiedAt: now, expiresAt: (payload.exp ?? 0) * 1_000 });
    return identity;
  };
}

type Header = Pick<KnownToken<Identity>, "alg" | "kid">;
type Key = NonNullable<Awaited<ReturnType<KeySet>>> | Uint8Array;

/** What the issuer's published keys may sign with. */
const PUBLISHED: ReadonlySet<string> = new Set(["ES256", "RS256"]);

const MAX_TOKEN_LENGTH = 8 * 1024;
const MAX_SUBJECT_LENGTH = 64; // code points, contract section 1
const MAX_EMAIL_LENGTH = 320;
const ISSUED_AHEAD_SECONDS = 60;
const LATEST_EXPIRY_SECONDS = 253_402_300_799; // the end of year 9999: later "times" are numbers that only look like one
const BEARER = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** One compact token after one `Bearer`. */
function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === "") throw unauthenticated("none");
  const token = authorization.length > MAX_TOKEN_LENGTH ? undefined : BEARER.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated("form");
  return token;
}

/** What a token's `typ` may be: an access token. One that was made for something else (a logout, an event) is none, whoever signed it. */
const TYPES: ReadonlySet<unknown> = new Set([undefined, "JWT", "at+jwt", "application/at+jwt"]);

/**
 * The header, of which only `alg` and `kid` are used. One that asks for keys or rules of its own is refused unread; so is a token with a
 * part in another than its only base64url spelling, so that no token has a twin.
 */
function protectedHeader(token: string): Header {
  const isCanonical = token.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
  if (!isCanonical) throw unauthenticated("form");
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    throw unauthenticated("form", cause);
  }
  if (["crit", "jku", "x5u", "jwk"].some((name) => name in header)) throw unauthenticated("header");
  if (!TYPES.has(header.typ)) throw unauthenticated("type");
  return { alg: header.alg ?? "", kid: header.kid };
}

async function verified(verification: Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verification).payload;
  } catch (cause) {
    throw unauthenticated(reasonOf(cause), cause);
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof errors.JWTExpired) return "expired";
  if (cause instanceof errors.JWTClaimValidationFailed && /^[a-z]{3}$/.test(cause.claim)) return `claim_${cause.claim}`;
  return cause instanceof errors.JWSSignatureVerificationFailed ? "signature" : "form";
}

/** The claims that the library leaves to us. Anonymous users and the issuer's public service keys are nobody here. */
function identityOf(payload: JWTPayload, now: number, { roleRequired, maxMinutes }: Config["auth"]): Identity {
  const { sub, exp, iat, role, is_anonymous: isAnonymous, email } = payload;
  const latestIssue = now / 1_000 + ISSUED_AHEAD_SECONDS;
  if (!Number.isInteger(exp) || (exp ?? 0) > LATEST_EXPIRY_SECONDS) throw unauthenticated("claim_exp");
  if (iat !== undefined && iat > latestIssue) throw unauthenticated("claim_iat");
  if (maxMinutes !== null && !((exp ?? 0) - (iat ?? -Infinity) <= maxMinutes * 60)) throw unauthenticated("lifetime");
  if (role !== undefined && role !== "authenticated") throw unauthenticated("role");
  if (role === undefined && roleRequired) throw unauthenticated("role");
  if (isAnonymous !== undefined && isAnonymous !== false) throw unauthenticated("anonymous");
  if (!isPlainText(sub, MAX_SUBJECT_LENGTH) || FOLDED.has(sub)) throw unauthenticated("claim_sub");
  return { id: sub, email: isPlainText(email, MAX_EMAIL_LENGTH) ? email : null, isAssured: isAssured(payload) };
}

/** `aal2` (the issuer's level), or where it states no level, `mfa` among the methods (RFC 8176), as texts or as objects with a `method`. */
function isAssured({ aal, amr }: JWTPayload): boolean {
  if (aal !== undefined) return aal === "aal2";
  return Array.isArray(amr) && amr.some((entry: unknown) => entry === "mfa" || isMfa(entry));
}

function isMfa(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && "method" in entry && entry.method === "mfa";
}

/** An address cannot end in these, so an admin could never reach the wallet of such a user. */
const FOLDED = new Set([".", ".."]);

/** 1 to `max` code points that the database can keep and a log line can show. */
function isPlainText(value: unknown, max: number): value is string {
  if (typeof value !== "string" || value === "" || value.length > 2 * max) return false;
  return value.isWellFormed() && !/\p{Cc}/u.test(value) && Array.from(value).length <= max;
}

function unauthenticated(reason: string, cause?: unknown): DomainError {
  return new DomainError("unauthenticated", "Authentication required.", { cause, reason });
}
