// Rows 63 to 72: tokens with a good signature whose claims say too little, too much, or something of somebody else.

import type { Row } from "../row.ts";
import { everywhere, mintOf, refused } from "./mint.ts";
import { asks, GET_WALLET } from "./requests.ts";

export const CLAIMS: readonly Row[] = [
  refused(63, "expired: a minute ago, a second ago, now", ({ now, token }) => ({
    minute: token({ exp: now - 60 }),
    second: token({ exp: now - 1 }),
    now: token({ exp: now }),
  })),
  refused(64, "no expiry", ({ token, mac }) => ({
    missing: token({ exp: undefined }),
    "missing, HS256": mac({ exp: undefined }),
    null: token({ exp: null }),
  })),
  refused(65, "an expiry that is no time", ({ now, token, raw, mac }) => ({
    text: token({ exp: String(now + 60) }),
    "1e400": raw("exp", "1e400"),
    "1e20": raw("exp", "1e20"),
    zero: token({ exp: 0 }),
    negative: token({ exp: -now }),
    NaN: raw("exp", "NaN"),
    fraction: token({ exp: now + 60.5 }),
    "text, HS256": mac({ exp: "never" }),
  })),
  refused(66, "a start or an issue in the future", ({ now, token }) => ({
    nbf: token({ nbf: now + 3_600 }),
    iat: token({ iat: now + 3_600 }),
    "nbf as text": token({ nbf: "now" }),
    "iat as text": token({ iat: "now" }),
  })),
  refused(67, "another issuer", ({ iss, token, mac }) => ({
    other: token({ iss: "https://project.supabase.co/auth/v1" }),
    missing: token({ iss: undefined }),
    prefix: token({ iss: `${iss}.evil` }),
    slash: token({ iss: `${iss}/` }),
    list: token({ iss: [iss] }),
    "missing, HS256": mac({ iss: undefined }),
  })),
  {
    id: 68,
    what: "another audience; a list with ours in it is good",
    requests: ({ world }) => {
      const { token } = mintOf(world);
      const bad = {
        other: token({ aud: "anon" }),
        missing: token({ aud: undefined }),
        empty: token({ aud: [] }),
        null: token({ aud: null }),
      };
      const good = `Bearer ${token({ aud: ["other", "authenticated"] })}`;
      return [
        ...Object.entries(bad).flatMap(([what, made]) => everywhere(what, `Bearer ${made}`)),
        asks(GET_WALLET, { status: 200 }, { as: null, what: "a list", headers: { Authorization: good } }),
      ];
    },
  },
  refused(69, "a subject that is missing, empty, no text, too long or not plain", ({ token, raw, mac }) => ({
    missing: token({ sub: undefined }),
    "missing, HS256": mac({ sub: undefined }),
    empty: token({ sub: "" }),
    number: token({ sub: 1 }),
    list: token({ sub: ["ada"] }),
    "4 KB": token({ sub: "a".repeat(4_000) }),
    "65 characters": token({ sub: "a".repeat(65) }),
    NUL: token({ sub: "a\u0000" }),
    "a line end": token({ sub: "ada\n" }),
    surrogate: raw("sub", String.raw`"a\ud800"`),
  })),
  refused(70, "the issuer's public and service keys", ({ now, mac, iss }) => ({
    anon: mac({ iss: "supabase", sub: undefined, aud: undefined, role: "anon", exp: now + 99_999_999 }),
    service_role: mac({ iss: "supabase", sub: undefined, aud: undefined, role: "service_role", exp: now + 99_999_999 }),
    "service_role of our issuer": mac({ iss, role: "service_role" }),
  })),
  refused(71, "anonymous users", ({ token }) => ({
    "role anon": token({ role: "anon" }),
    "role service_role": token({ role: "service_role" }),
    is_anonymous: token({ is_anonymous: true }),
    "is_anonymous in words": token({ is_anonymous: "true" }),
  })),
  {
    id: 72,
    what: "claims of power make nobody an admin",
    requests: ({ world, operations }) => {
      const { token } = mintOf(world);
      const claims = {
        user_metadata: { is_admin: true },
        app_metadata: { role: "admin", is_admin: true },
        is_admin: true,
      };
      const known = { Authorization: `Bearer ${token(claims)}` };
      const headers = { Authorization: `Bearer ${token({ ...claims, email: "root@example.com" })}` };
      return [
        asks(
          "GET /api/v1/auth/me",
          { status: 200, also: ({ json }) => (json.is_admin === false ? null : "an admin") },
          { as: null, headers: known }, // an address that a token names is kept, so this one names none
        ),
        ...operations
          .filter(({ path, method }) => path.startsWith("/api/v1/admin") && method === "GET" && !path.includes("{"))
          .map(({ path }) => asks(`GET ${path}`, { status: 403, code: "forbidden" }, { as: null, headers })),
      ];
    },
  },
];
