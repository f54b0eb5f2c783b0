// What a caller may reach: who is signed in, and who of them reaches what is the admins'. Only the configured ids count, never a claim of
// power; a claim can but take away, when a second factor is demanded and was not given.

import type { MiddlewareHandler } from "hono";
import { inPerson, type Caller } from "@pantheon/core/accounts/caller.ts";
import type { Config } from "@pantheon/core/config/config.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { AppEnv } from "../shell/app-env.ts";
import type { Identity, Verifier } from "./verifier.ts";

export type Admins = Pick<Config, "adminUserIds" | "adminReadIds" | "adminVerifyIds" | "adminAssurance">;

/** Whose an API key is, for the request that brings it. Rejects with 401 or 403. */
export type KeyReader = (key: string, request: { readonly method: string; readonly path: string }) => Promise<Caller>;

/**
 * Sets `c.var.caller`, `c.var.email` and `c.var.adminReach`, or ends the request with 401. API keys are taken where `keys` reads them, and
 * are refused with 403 everywhere else.
 */
export function authenticated(verify: Verifier, admins: Admins, keys?: KeyReader): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = API_KEY.exec(c.req.header("Authorization") ?? "")?.[1];
    if (key !== undefined) {
      if (!keys) throw forbidden("An API key does not open this address.", "api_key");
      c.set("caller", await keys(key, c.req));
      c.set("email", null);
      c.set("adminReach", "none");
      return next();
    }
    const identity = await verify(c.req.header("Authorization"));
    const reach = reachOf(identity, admins);
    c.set("caller", inPerson(identity.id, reach === "all" || reach === "verify"));
    c.set("email", identity.email);
    c.set("adminReach", reach);
    await next();
  };
}

/** Lets admins through, readers where nothing changes, and who checks a stage where a check does; stands behind `authenticated`. Everybody else gets 403. */
export const adminOnly: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { adminReach } = c.var;
  const changes = c.req.method !== "GET" && c.req.method !== "HEAD";
  if (adminReach === "none") throw forbidden("Admin access required.", "no_admin");
  if (adminReach === "second_factor") throw forbidden("Admin access needs a sign-in with a second factor.", "second_factor");
  if (adminReach === "read" && changes) throw forbidden("This account may read, and change nothing.", "read_only");
  if (adminReach === "verify" && changes && !CHECKED.test(`${c.req.method} ${c.req.path}`)) {
    throw forbidden("This account may check the stage, and nothing else.", "verify_only");
  }
  await next();
};

/** What `stage:verify` changes, and puts back. */
const CHECKED = new RegExp(
  ["PATCH /pricing/[^/]+", "(?:PATCH|DELETE) /settings/enforcement", "POST /(?:wallets/[^/]+|users/[^/]+/wallet)/grant"]
    .map((change) => `^${change.replace(" /", " /api/v1/admin/")}$`)
    .join("|"),
);

/** One key after one `Bearer`. A key is told from a token by how it begins; whether it is one is found out later. */
const API_KEY = /^bearer +(pan_\S*)$/i;

function reachOf({ id, isAssured }: Identity, admins: Admins): AppEnv["Variables"]["adminReach"] {
  const reach = admins.adminUserIds.has(id)
    ? "all"
    : admins.adminVerifyIds.has(id)
      ? "verify"
      : admins.adminReadIds.has(id)
        ? "read"
        : "none";
  return reach !== "none" && admins.adminAssurance === "aal2" && !isAssured ? "second_factor" : reach;
}

function forbidden(detail: string, reason: string): DomainError {
  return new DomainError("forbidden", detail, { reason });
}
