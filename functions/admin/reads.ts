// Reads of other people's data leave a trace (contract section 5): which admin asked for what of whom. What everybody shares (prices,
// settings, sums without people) leaves none.

import type { Hono, MiddlewareHandler } from "hono";
import * as v from "valibot";
import * as shapes from "@pantheon/contract/histories.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { OpaqueId } from "@pantheon/contract/wire.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { daysOf } from "@pantheon/edge/input/days.ts";
import { query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

const ADMIN = "/api/v1/admin";
const loaded = () => import("@pantheon/core/audit/reads.ts");

/** Of one: a person by their id, or a turn. */
const OF_ONE = /^(users|wallets|turns)\/([^/]+)(\/.+)?$/;
/** Of many: rows that name people. A sum names nobody, unless it is of one person. */
const OF_MANY = new Set([
  "users",
  "keys",
  "top-ups",
  "grants",
  "analytics/usage",
  "analytics/would-refuse",
  "reversals",
  "usage/export.csv",
  "usage/summary",
  "actions",
]);

/**
 * Writes down a read beside the read itself, so it costs no time of its own; the response waits for both, and without the row there is
 * none. Stands behind `adminOnly`.
 */
export function readsNoted(db: Database): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const read = c.req.method === "GET" || c.req.method === "HEAD" ? readOf(c.req.path, c.req.query("user_id")) : null;
    if (read === null) return next();
    const { noteRead } = await loaded();
    await Promise.all([noteRead(db, { admin: c.var.caller.actor, requestId: c.var.requestId, ...read }), next()]);
  };
}

function readOf(path: string, user: string | undefined): { operation: string; target: string | null } | null {
  const rest = path.slice(ADMIN.length + 1);
  if (OF_MANY.has(rest) || (rest === "analytics/margin" && user !== undefined)) return { operation: rest, target: idOf(user ?? "") };
  const [, kind = "", id = "", more = ""] = OF_ONE.exec(rest) ?? [];
  return kind === "" ? null : { operation: `${kind}/{id}${more}`, target: idOf(decoded(id)) };
}

/** What cannot be an id is nobody's, and is refused by its route. */
function idOf(text: string): string | null {
  return v.is(OpaqueId, text) ? text : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Mounts the list. It stands behind `authenticated` and `adminOnly`. */
export function readRoutes(app: Hono<AppEnv>, { db }: { readonly db: Database }): void {
  app.get(
    `${ADMIN}/reads`,
    describe({
      id: "listReads",
      summary: "What admins read of people, newest first",
      tag: "admin",
      responds: [200, shapes.ReadList],
      refusals: { 403: "Not an admin" },
    }),
    query(shapes.ReadsQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { listReads } = await loaded();
      const list = listReads(db, { admin: asked.admin_id ?? null, user: asked.user_id ?? null, days: daysOf(asked) });
      return c.var.respond(await listPage(c, asked, "reads", list, (row) => ({ ...row, created_at: rfc3339(row.created_at) })));
    },
  );
}
