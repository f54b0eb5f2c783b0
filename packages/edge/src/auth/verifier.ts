// Who calls: bearer tokens of one issuer, verified by signature and claims. Owns every rule about tokens; where the issuer's keys come
// from is key-set.ts. Each failure is the same 401, so that nobody learns which rule a token broke.

import { decodeProtectedHeader, jwtVerify, type JWTPayload, type ProtectedHeaderParameters } from "jose";
import type { MiddlewareHandler } from "hono";
import type { Config } from "@pantheon/core/config/config.ts";
import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import type { AppEnv } from "../shell/app-env.ts";
import { createKeySet } from "./key-set.ts";

export type Identity = { id: string; email: string | null };

/** Turns an `Authorization` header into who calls. Rejects with `unauthenticated`, or `auth_unavailable` while no keys could be had. */
export type Verifier = (authorization: string | undefined) => Promise<Identity>;

/**
 * A verifier with its own cache of the issuer's keys. ES256 and RS256 are checked with those keys alone, HS256 with the shared secret
 * alone and only when there is one, so neither kind of material can ever stand in for the other. Expiry has no leeway.
 */
export function createVerifier({ issuer, audience, jwksUrl, jwtSecret }: Config["auth"], deps: { clock: Clock; log: Log }): Verifier {
  const keySet = createKeySet(jwksUrl, deps);
  const secret = jwtSecret === null ? null : new TextEncoder().encode(jwtSecret);

  return async (authorization) => {
    const token = bearerToken(authorization);
    const header = protectedHeader(token);
    const now = deps.clock();
    const expected = { issuer, audience, requiredClaims: ["exp", "sub"], currentDate: new Date(now) };
    if (header.alg === "HS256" && secret !== null) {
      return identityOf(await verified(jwtVerify(token, secret, { ...expected, algorithms: ["HS256"] })), now);
    }
    if (header.alg !== "ES256" && header.alg !== "RS256") throw unauthenticated();
    const key = await keySet({ alg: header.alg, kid: header.kid });
    if (key === null) throw unauthenticated();
    return identityOf(await verified(jwtVerify(token, key, { ...expected, algorithms: [header.alg] })), now);
  };
}

/** Sets `c.var.caller` and `c.var.email`, or ends the request with 401. */
export function authenticated(verify: Verifier, adminUserIds: Config["adminUserIds"]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { id, email } = await verify(c.req.header("Authorization"));
    c.set("caller", inPerson(id, adminUserIds.has(id)));
    c.set("email", email);
    await next();
  };
}

/** Lets admins through; stands behind `authenticated`. Only the configured ids count, never a claim of the token. */
export const adminOnly: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!c.var.caller.isAdmin) throw new DomainError("forbidden", "Admin access required.");
  await next();
};

const MAX_TOKEN_LENGTH = 8 * 1024;
const MAX_SUBJECT_LENGTH = 64; // code points, contract section 1
const MAX_EMAIL_LENGTH = 320;
const ISSUED_AHEAD_SECONDS = 60;
const LATEST_EXPIRY_SECONDS = 253_402_300_799; // the end of year 9999: later "times" are numbers that only look like one
const BEARER = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** One compact token after one `Bearer`, each part in its only base64url spelling, so that no token has a twin. */
function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization.length > MAX_TOKEN_LENGTH) throw unauthenticated();
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated();
  const canonical = token.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
  if (!canonical) throw unauthenticated();
  return token;
}

/** The header, of which only `alg` and `kid` are ever used. One that asks for keys or rules of its own is refused unread. */
function protectedHeader(token: string): ProtectedHeaderParameters {
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    throw unauthenticated(cause);
  }
  if (["crit", "jku", "x5u", "jwk"].some((name) => name in header)) throw unauthenticated();
  return header;
}

async function verified(verification: Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verification).payload;
  } catch (cause) {
    throw unauthenticated(cause);
  }
}

/** The claims that the library leaves to us. Anonymous users and the issuer's public service keys are nobody here. */
function identityOf(payload: JWTPayload, now: number): Identity {
  const { sub, exp, iat, role, is_anonymous: isAnonymous, email } = payload;
  const latestIssue = now / 1_000 + ISSUED_AHEAD_SECONDS;
  if (!Number.isInteger(exp) || (exp ?? 0) > LATEST_EXPIRY_SECONDS) throw unauthenticated();
  if (iat !== undefined && iat > latestIssue) throw unauthenticated();
  if (role !== undefined && role !== "authenticated") throw unauthenticated();
  if (isAnonymous !== undefined && isAnonymous !== false) throw unauthenticated();
  if (!isPlainText(sub, MAX_SUBJECT_LENGTH) || FOLDED.has(sub)) throw unauthenticated();
  return { id: sub, email: isPlainText(email, MAX_EMAIL_LENGTH) ? email : null };
}

/** An address cannot end in these, so an operator could never reach the wallet of such a user. */
const FOLDED = new Set([".", ".."]);

/** 1 to `max` code points that the database can keep and a log line can show. */
function isPlainText(value: unknown, max: number): value is string {
  if (typeof value !== "string" || value === "" || value.length > 2 * max) return false;
  return value.isWellFormed() && !/\p{Cc}/u.test(value) && Array.from(value).length <= max;
}

function unauthenticated(cause?: unknown): DomainError {
  return new DomainError("unauthenticated", "Authentication required.", { cause });
}
