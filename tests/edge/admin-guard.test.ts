// Nobody is an admin by accident: every address of the admins is closed to whoever is not named in ADMIN_USER_IDS, character by
// character, before anything else about the request is looked at.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "@pantheon/core/config/config.ts";
import { adminApp } from "@pantheon/functions/admin/app.ts";
import { givenAdminContainer } from "../support/admin-container.ts";
import { givenSession } from "../support/given.ts";
import { ROOT, adminWorld } from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import { macBy } from "../support/tokens.ts";
import type { Answer, CallOptions, TestWorld } from "../support/world.ts";

const SECRET = "a-legacy-secret-of-at-least-32-chars";

let world: TestWorld;
let routes: { method: string; path: string }[];
beforeAll(async () => {
  world = await adminWorld({ AUTH_JWT_SECRET: SECRET });
  await givenSession(world, "ada");
  const ids: Record<string, string> = { user_id: "ada", model_alias: "default", version: "2026-02-20" };
  routes = adminApp(world.deps)
    .routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/v1/admin"))
    .map(({ method, path }) => ({ method, path: path.replaceAll(/:(\w+)/g, (_all, name: string) => ids[name] ?? "none") }));
  routes = [...new Map(routes.map((route) => [`${route.method} ${route.path}`, route])).values()];
});
afterAll(() => world.end());

/** How every admins' route answers this caller: the refusals in words, `through` for anything else. */
async function everywhere(options: CallOptions, place: Pick<TestWorld, "call"> = world): Promise<string[]> {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    for (const body of method === "GET" || method === "DELETE" ? [undefined] : [{}, undefined]) {
      const answer = await place.call(method, path, { ...options, ...(body !== undefined && { body }) });
      seen.add(wordsOf(answer));
    }
  }
  return [...seen];
}

function wordsOf({ status, json }: Answer): string {
  return status === 401 || status === 403 ? `${status} ${json.code}: ${json.detail}` : "through";
}

const NOBODY = ["401 unauthenticated: Authentication required."];
const NO_ADMIN = ["403 forbidden: Admin access required."];

describe("every address of the admins", () => {
  it("is among those that are tried", () => {
    const named = routes.map(({ method, path }) => `${method} ${path.replace("/api/v1/admin/", "")}`);
    expect(named.length).toBeGreaterThanOrEqual(13);
    expect(named).toEqual(
      expect.arrayContaining([
        "GET pricing",
        "PATCH pricing/default",
        "POST users/ada/wallet/grant",
        "DELETE settings/enforcement",
        "GET actions",
        "GET top-ups",
      ]),
    );
  });

  it("is 401 without a token, 403 for a user, whatever else is wrong or right with the request, and nothing happens", async () => {
    const before = await tracesOf(world);
    expect(await everywhere({ user: null })).toEqual(NOBODY);
    expect(await everywhere({ user: null, headers: { Authorization: "Bearer x.y.z", "X-Admin": "true" } })).toEqual(NOBODY);
    expect(await everywhere({ user: "ada" })).toEqual(NO_ADMIN);
    expect(
      await everywhere({ user: "ada", key: "a key that is none", headers: { "If-Match": "x", "Content-Type": "text/plain" } }),
    ).toEqual(NO_ADMIN);
    expect(await tracesOf(world)).toEqual(before);
  });

  it("is 403 for a user also where there is nothing of the kind", async () => {
    for (const path of ["wallets/nobody", "users/nobody/suspend", "pricing/nothing", "pricing/versions/none/activate"]) {
      const method = path.startsWith("wallets") ? "GET" : path === "pricing/nothing" ? "PATCH" : "POST";
      expect(wordsOf(await world.call(method, `/api/v1/admin/${path}`, { user: "ada" }))).toBe(NO_ADMIN[0]);
    }
  });

  it("lets an admin through, and tells them so", async () => {
    expect(await everywhere({ user: ROOT })).toEqual(["through"]);
    expect((await world.call("GET", "/api/v1/auth/me", { user: ROOT })).json.is_admin).toBe(true);
    expect((await world.call("GET", "/api/v1/auth/me", { user: "ada" })).json.is_admin).toBe(false);
  });
});

describe("an address of the admins", () => {
  it("is 405 for every method that it does not take, and names those that it does", async () => {
    const taken = new Map([["/api/v1/admin/pricing/versions", ["PATCH"]]]); // of an alias that is called "versions"
    for (const { method, path } of routes) taken.set(path, [...(taken.get(path) ?? []), method]);
    for (const [path, methods] of taken) {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((name) => !methods.includes(name))) {
        const answer = await world.call(method, path, { user: ROOT });
        const allowed = answer.headers.get("allow")?.match(/GET|POST|PUT|PATCH|DELETE/g);
        expect([method, path, answer.status, allowed?.toSorted()]).toEqual([method, path, 405, methods.toSorted()]);
      }
    }
  });
});

describe("ADMIN_USER_IDS", () => {
  const LISTS: readonly (readonly [list: string, admins: readonly string[], others: readonly string[]])[] = [
    ["", [], ["root", "undefined", "null", "*", " ", ","]],
    [" ", [], ["root", " ", "  "]],
    [",", [], [",", " ", "root"]],
    [" , ,, ", [], [" ", ",", ", ,", "root"]],
    ["a, b", ["a", "b"], ["a, b", " b", "b ", "a,", "A", "B", "ab", "a,b", ","]],
    ["root", ["root"], ["Root", "ROOT", "roo", "oot", "root2", "toor", " root", "root ", "roo%74", "rооt", "root,x"]],
    ["root-2,ROOT", ["root-2", "ROOT"], ["root", "2", "Root", "root-2,ROOT", "ROOT,"]],
    ["*", ["*"], ["root", "ada"]],
    ["true", ["true"], ["root", "1"]],
    ["/.*/", ["/.*/"], ["root"]],
    ["__proto__,constructor", ["__proto__", "constructor"], ["toString", "hasOwnProperty", "size"]],
    ["é", ["é"], ["e\u0301", "É", "e"]],
  ];

  it.each(LISTS)('"%s" makes admins of exactly those whom it names', async (list, admins, others) => {
    const environment = { DATABASE_URL: world.databaseUrl, AUTH_ISSUER: world.config.auth.issuer, ADMIN_USER_IDS: list };
    const { adminUserIds } = readConfig(environment);
    const container = givenAdminContainer(world, { adminUserIds });
    const ask = async (user: string) => wordsOf(await container.call("GET", "/api/v1/admin/settings", { user }));
    try {
      for (const user of admins) expect([user, await ask(user)]).toEqual([user, "through"]);
      for (const user of others) expect([user, await ask(user)]).toEqual([user, NO_ADMIN[0]]);
      expect(["", "\u0000"].map((id) => adminUserIds.has(id))).toEqual([false, false]);
    } finally {
      await container.close();
    }
  });

  it.each(["", " ", ",", "root,,", ", root"])('"%s" makes none of a token whose sub is empty, blank, missing or no text', async (list) => {
    const environment = { DATABASE_URL: world.databaseUrl, AUTH_ISSUER: world.config.auth.issuer, ADMIN_USER_IDS: list };
    const container = givenAdminContainer(world, { adminUserIds: readConfig(environment).adminUserIds });
    try {
      for (const sub of ["", undefined, null, 0, false, [], ["root"], {}, "\u0000", "root\n"]) {
        expect(await everywhere({ headers: bearer({ sub }) }, container)).toEqual(NOBODY);
      }
      expect(await everywhere({ headers: bearer({ sub: " " }) }, container)).toEqual(NO_ADMIN);
    } finally {
      await container.close();
    }
  });
});

describe("a token", () => {
  const CLAIMS: readonly Record<string, unknown>[] = [
    { is_admin: true },
    { isAdmin: true, admin: true, roles: ["admin"], scope: "admin", groups: [ROOT] },
    { user_metadata: { is_admin: true, sub: ROOT, user_id: ROOT } },
    { app_metadata: { is_admin: true, role: "admin" } },
    { email: "root@example.com", preferred_username: ROOT, user_id: ROOT, act: { sub: ROOT }, client_id: ROOT },
  ];

  it.each(CLAIMS)("that claims %j is a user's all the same", async (claims) => {
    expect(await everywhere({ headers: bearer({ sub: "ada", ...claims }) })).toEqual(NO_ADMIN);
  });

  it.each(["admin", "service_role", "supabase_admin", ""])("of the role %j is nobody's, even an admin's", async (role) => {
    expect(await everywhere({ headers: bearer({ sub: ROOT, role }) })).toEqual(NOBODY);
  });

  it("that has run out, or is not meant for us, or is signed by another, opens nothing to an admin", async () => {
    const past = Math.floor(Date.now() / 1_000) - 10;
    for (const headers of [
      bearer({ sub: ROOT, exp: past }),
      bearer({ sub: ROOT, aud: "other" }),
      bearer({ sub: ROOT }, SECRET.toUpperCase()),
    ]) {
      expect(await everywhere({ headers })).toEqual(NOBODY);
    }
    expect(await everywhere({ headers: bearer({ sub: ROOT }) })).toEqual(["through"]);
  });
});

/** A token by the issuer's shared secret, with these claims over good ones. */
function bearer(claims: Record<string, unknown>, secret = SECRET): Record<string, string> {
  const { issuer, audience } = world.config.auth;
  const good = { iss: issuer, aud: audience, role: "authenticated", exp: Math.floor(Date.now() / 1_000) + 600 };
  const payload = JSON.parse(JSON.stringify({ ...good, ...claims }));
  return { Authorization: `Bearer ${macBy(secret, { alg: "HS256", typ: "JWT" }, payload)}` };
}
