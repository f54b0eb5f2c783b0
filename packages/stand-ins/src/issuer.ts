// The local world's token issuer: one ES256 key pair kept in the home folder, its public half under /.well-known/jwks.json, and the
// list of local admins. The production verifier is used unchanged against it; nothing of it exists outside the local world.

import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { appendFileSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "@pantheon/contract/id.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { Hono } from "hono";
import { SignJWT } from "jose";
import * as v from "valibot";

export type Issuer = {
  /** The public key set, as the route serves it. */
  jwks: { keys: PublicJwk[] };
  /** Serves `/.well-known/jwks.json`; to be mounted where the issuer's address points. */
  jwksRoute: Hono;
  token(claims: { user: string; email?: string; expiresInSeconds?: number }): Promise<string>;
  /** Makes this user an admin of the local world, from the very next request on. */
  addAdmin(id: string): void;
  /** Read from the home folder at each question, so that another process can add one while a server runs. */
  adminUserIds: { has(id: string): boolean };
};

type IssuerParts = { home: string; issuerUrl: string; audience: string; clock: Clock };

const WEEK_SECONDS = 7 * 24 * 60 * 60;

/** The issuer of this home folder; its key is made on first use. Throws RangeError for a user id that no token may carry. */
export function createIssuer({ home, issuerUrl, audience, clock }: IssuerParts): Issuer {
  mkdirSync(home, { recursive: true });
  const key = readKey(join(home, "issuer.json"));
  const admins = join(home, "admins");
  const jwks = { keys: [key.public] };
  return {
    jwks,
    jwksRoute: new Hono().get("/.well-known/jwks.json", (c) => c.json(jwks)),
    token: async ({ user, email, expiresInSeconds = WEEK_SECONDS }) => {
      refuseUnlessUserId(user);
      const now = Math.floor(clock() / 1_000);
      return new SignJWT({ role: "authenticated", ...(email !== undefined && { email }) })
        .setProtectedHeader({ alg: "ES256", kid: key.public.kid, typ: "JWT" })
        .setIssuer(issuerUrl)
        .setAudience(audience)
        .setSubject(user)
        .setIssuedAt(now)
        .setExpirationTime(now + expiresInSeconds)
        .sign(key.private);
    },
    addAdmin: (id) => {
      refuseUnlessUserId(id);
      if (!readAdmins(admins).includes(id)) appendFileSync(admins, `${id}\n`, { mode: 0o600 });
    },
    adminUserIds: { has: (id) => id !== "" && readAdmins(admins).includes(id) },
  };
}

const PrivateJwk = v.object({ kty: v.literal("EC"), crv: v.literal("P-256"), x: v.string(), y: v.string(), d: v.string() });

type PublicJwk = { kty: "EC"; crv: "P-256"; x: string; y: string; kid: string; alg: "ES256"; use: "sig" };

/** The key pair of a file, which is made when it is missing. Two processes that start together end up with the same one. */
function readKey(file: string): { public: PublicJwk; private: KeyObject } {
  const text = readIfThere(file) ?? makeKeyFile(file);
  try {
    const jwk = v.parse(PrivateJwk, JSON.parse(text));
    const { kty, crv, x, y } = jwk;
    const kid = createHash("sha256").update(`${x}.${y}`).digest("base64url").slice(0, 16);
    return { public: { kty, crv, x, y, kid, alg: "ES256", use: "sig" }, private: createPrivateKey({ key: jwk, format: "jwk" }) };
  } catch {
    // Without the cause: it may quote the key.
    throw new Error(`${file} does not hold the issuer's key: delete it, and a new key is made (tokens made with the old one end)`);
  }
}

function makeKeyFile(file: string): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const draft = `${file}.${newId()}`;
  writeFileSync(draft, JSON.stringify(privateKey.export({ format: "jwk" })), { mode: 0o600 });
  try {
    linkSync(draft, file); // appears whole or not at all, and never replaces another's
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, "utf8");
}

function readAdmins(file: string): string[] {
  return readIfThere(file)?.split("\n") ?? [];
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The rule of the verifier (contract section 1), told before a token is made that nobody would accept. */
function refuseUnlessUserId(id: string): void {
  const length = Array.from(id).length;
  if (length < 1 || length > 64 || /\p{Cc}/u.test(id) || !id.isWellFormed()) {
    throw new RangeError("a user id is 1 to 64 characters, none of them a control character");
  }
}
