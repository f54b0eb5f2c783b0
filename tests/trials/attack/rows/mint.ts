// Tokens made with the issuer's own key and secret that the issuer would never make, and the routes that they are tried on.

import { macBy, signedBy, type Json } from "../../../support/tokens.ts";
import type { AttackWorld } from "../attack-world.ts";
import type { AttackRequest, Row } from "../row.ts";
import { asks, GET_WALLET, POST_TURN, sends } from "./requests.ts";

/** What tokens are made from. `claims` and `header` are good; a row spoils them. */
export type Mint = {
  readonly world: AttackWorld;
  readonly now: number;
  readonly secret: string;
  readonly iss: string;
  readonly claims: Readonly<Record<string, Json>>;
  /** Signed by the issuer's own key; undefined leaves a member out. */
  readonly token: (claims?: Record<string, Json | undefined>, header?: Record<string, Json | undefined>) => string;
  /** The same with a member that JSON.stringify would not write. */
  readonly raw: (name: string, json: string) => string;
  readonly mac: (claims?: Record<string, Json | undefined>, alg?: string, hash?: string, secret?: string) => string;
};

export function mintOf(world: AttackWorld): Mint {
  const { issuerKey: key, canaries, config } = world;
  const now = Math.floor(Date.now() / 1_000);
  const iss = config.auth.issuer;
  const secret = canaries.environment["AUTH_JWT_SECRET"] ?? "";
  const claims = { iss, aud: config.auth.audience, sub: "ada", role: "authenticated", iat: now, exp: now + 3_600 };
  const good = { alg: "ES256", kid: key.kid, typ: "JWT" };
  return {
    world,
    now,
    secret,
    iss,
    claims,
    token: (more = {}, header = {}) => signedBy(key, JSON.stringify({ ...good, ...header }), JSON.stringify({ ...claims, ...more })),
    raw: (name, json) => {
      const others = Object.fromEntries(Object.entries(claims).filter(([other]) => other !== name));
      return signedBy(key, good, `${JSON.stringify(others).slice(0, -1)},"${name}":${json}}`);
    },
    mac: (more = {}, alg = "HS256", hash = "sha256", shared = secret) =>
      macBy(shared, { alg }, JSON.stringify({ ...claims, ...more }), hash),
  };
}

/** Requests with this Authorization header (none when undefined): to a read, a turn, and an admin's route. */
export function everywhere(what: string, authorization: string | undefined, status = 401): AttackRequest[] {
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  const expected = status === 401 ? { status, code: "unauthenticated" } : { status };
  return [
    asks(GET_WALLET, expected, { as: null, what, headers }),
    sends(POST_TURN, '{"message":"hi"}', expected, { as: null, what, headers }),
    asks("GET /api/v1/admin/settings", expected, { as: null, what, headers }),
  ];
}

/** Another last letter: the alphabet's next means the same bits, one further away means others. */
export function lastLetter(token: string, offset: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet.charAt((alphabet.indexOf(token.slice(-1)) + offset) % 64);
}

/** A row of bearer tokens that are all refused. */
export function refused(id: number, what: string, make: (mint: Mint) => Readonly<Record<string, string>>): Row {
  return {
    id,
    what,
    requests: ({ world }) => Object.entries(make(mintOf(world))).flatMap(([name, token]) => everywhere(name, `Bearer ${token}`)),
  };
}
