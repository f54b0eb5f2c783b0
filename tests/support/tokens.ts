// A real issuer of keys over HTTP that counts who asks, an application behind the real verifier, and tokens made by hand, so that also
// those can be made that no library would make.

import { once } from "node:events";
import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll } from "vitest";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { adminOnly, authenticated } from "@pantheon/edge/auth/access.ts";
import { createVerifier } from "@pantheon/edge/auth/verifier.ts";
import type { Config } from "@pantheon/core/config/config.ts";
import { quietLog, type QuietLog } from "./quiet-log.ts";
import type { Answer } from "./edge.ts";

export const ISSUER = "https://project.auth.example/auth/v1";
export const AUDIENCE = "authenticated";
export const LEGACY_SECRET = "a-legacy-secret-of-at-least-32-chars";
export const ADMIN = "admin-1";
export const READER = "reader-1";

/** What a stage may demand beyond the usual. */
export type AuthRules = { auth?: Partial<Config["auth"]>; adminAssurance?: Config["adminAssurance"] };

export type SigningKey = { kid: string; alg: "ES256" | "RS256"; private: KeyObject; jwk: Record<string, unknown>; pem: string };

/** A key pair with the name that tokens call it by. */
export function givenKey(kid: string, alg: SigningKey["alg"] = "ES256"): SigningKey {
  const pair = alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...pair.publicKey.export({ format: "jwk" }), kid, alg, use: "sig" };
  return { kid, alg, private: pair.privateKey, jwk, pem: pair.publicKey.export({ type: "spki", format: "pem" }).toString() };
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Base64url of a JSON value, or of a text as it is. */
export function part(value: Json): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

/** A compact token over these two parts, signed with the issuer's key. */
export function signedBy(key: SigningKey, header: Json, payload: Json): string {
  const input = `${part(header)}.${part(payload)}`;
  const signature = sign("sha256", Buffer.from(input), key.alg === "ES256" ? { key: key.private, dsaEncoding: "ieee-p1363" } : key.private);
  return `${input}.${signature.toString("base64url")}`;
}

/** A compact token over these two parts, with a shared secret. */
export function macBy(secret: string, header: Json, payload: Json, hash = "sha256"): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest("base64url")}`;
}

type KeysAnswer = (response: ServerResponse) => void;

export type AuthWorld = {
  /** GET /api/v1/me (or another path) with this Authorization header. */
  get: (authorization: string | undefined, path?: string, headers?: Record<string, string>, method?: string) => Promise<Answer>;
  /** The log of the application. */
  log: QuietLog;
  /** How often the issuer was asked for its keys. */
  fetches: () => number;
  /** How the issuer answers from now on. */
  keysAnswer: (answer: KeysAnswer) => void;
  /** Milliseconds that pass on the verifier's clock. */
  pass: (ms: number) => void;
  /** Seconds since 1970 on the verifier's clock. */
  seconds: () => number;
};

/** An answer with these keys. */
export function keySet(...keys: SigningKey[]): KeysAnswer {
  return (response) => response.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys: keys.map((key) => key.jwk) }));
}

/** A new verifier, which knows no keys yet, in front of an application. Everything is closed by `close`. */
export async function startAuth(
  answer: KeysAnswer,
  jwtSecret: string | null = LEGACY_SECRET,
  rules: AuthRules = {},
): Promise<AuthWorld & { close: () => Promise<void> }> {
  let respond = answer;
  let asked = 0;
  let clock = 1_795_000_000_000;
  const issuer = await listening(
    createServer((_request, response) => {
      asked += 1;
      respond(response);
    }),
  );
  const auth = {
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUrl: `${issuer.url}/.well-known/jwks.json`,
    jwtSecret,
    roleRequired: false,
    maxMinutes: null,
    ...rules.auth,
  };
  const log = quietLog();
  const admins = {
    adminUserIds: { has: (id: string) => id === ADMIN },
    adminReadIds: { has: (id: string) => id === READER },
    adminVerifyIds: new Set<string>(),
    adminAssurance: rules.adminAssurance ?? "none",
  } as const;
  const verify = createVerifier(auth, { clock: () => clock, log });
  const app = createApp({
    name: "users",
    config: {
      stage: "test",
      version: "0.1.0",
      commit: "c0ffee",
      corsAllowedOrigins: [],
      logAddress: { how: "none", key: null },
      buildToken: null,
    },
    log,
    clock: () => clock,
    ticks: () => clock,
    health: () => Promise.reject(new Error("not asked")),
    routes: (shell) => {
      shell.use("/api/*", authenticated(verify, admins));
      shell.get("/api/v1/me", (c) => c.json({ ...c.var.caller, email: c.var.email }));
      shell.on(["GET", "POST", "PATCH", "DELETE"], "/api/v1/admin", adminOnly, (c) => c.json({}));
    },
  });
  const listener = getRequestListener(app.fetch);
  const server = await listening(createServer((incoming, outgoing) => void listener(incoming, outgoing)));
  return {
    log,
    get: async (authorization, path = "/api/v1/me", headers = {}, method = "GET") => {
      const sent = { ...headers, ...(authorization !== undefined && { Authorization: authorization }) };
      const response = await fetch(server.url + path, { method, headers: sent, signal: AbortSignal.timeout(20_000) });
      return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
    },
    fetches: () => asked,
    keysAnswer: (next) => (respond = next),
    pass: (ms) => (clock += ms),
    seconds: () => Math.floor(clock / 1_000),
    close: async () => {
      await Promise.all([issuer.close(), server.close()]);
    },
  };
}

/** The same for all tests of a file. */
export function sharedAuth(answer: KeysAnswer, jwtSecret: string | null = LEGACY_SECRET): { current: () => AuthWorld } {
  let world: Awaited<ReturnType<typeof startAuth>> | null = null;
  beforeAll(async () => {
    world = await startAuth(answer, jwtSecret);
  });
  afterAll(() => world?.close());
  return {
    current: () => {
      if (world === null) throw new Error("the auth world is up only while tests run");
      return world;
    },
  };
}

async function listening(server: Server): Promise<{ url: string; close: () => Promise<void> }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
