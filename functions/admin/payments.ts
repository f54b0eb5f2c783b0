// Top-ups as admins see them, and what becomes of those in quarantine (contract sections 5 and 6).

import type { Hono } from "hono";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { invalidRequest } from "@pantheon/edge/input/faults.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { daysOf } from "@pantheon/edge/input/days.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { body, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import type { Resolution } from "@pantheon/core/payments/resolve.ts";
import { actingAdmin } from "./acting-admin.ts";
import { countGranted } from "./grants.ts";
import * as shapes from "@pantheon/contract/admin.ts";
import * as histories from "@pantheon/contract/histories.ts";
import { TopUpPath } from "@pantheon/contract/account.ts";

const NO_ADMIN = { 403: "Not an admin" };

export function topUpRoutes(app: Hono<AppEnv>, deps: { readonly db: Database; readonly config: Config; readonly log: Log }): void {
  app.get(
    "/api/v1/admin/top-ups",
    describe({
      id: "listAllTopUps",
      summary: "All top-ups, with why one was set aside",
      tag: "admin",
      responds: [200, histories.AdminTopUpList],
      refusals: NO_ADMIN,
    }),
    query(histories.TopUpsQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { status = null, user_id: user = null, admin_id: admin = null } = asked;
      const { listAllTopUps, topUpView } = await import("@pantheon/core/payments/list.ts"); // seldom asked
      const list = listAllTopUps(deps.db, { status, user, admin, days: daysOf(asked) });
      return c.var.respond(await listPage(c, asked, "top_ups", list, topUpView));
    },
  );
  app.post(
    "/api/v1/admin/top-ups/:top_up_id/resolve",
    describe({
      id: "resolveTopUp",
      summary: "Grant a payment in quarantine, or dismiss it",
      tag: "admin",
      responds: [200, shapes.ResolvedTopUp],
      refusals: {
        ...NO_ADMIN,
        404: "No such top-up",
        409: "It is not in quarantine, or `credits` are more than one admin may grant alone",
      },
    }),
    noQuery,
    idempotencyKey,
    params(TopUpPath, "Top-up not found."),
    body(shapes.ResolveCreate),
    async (c) => {
      const { action, note, credits, user_id: user } = c.req.valid("json");
      const resolution = action === "grant" ? { action, note, credits, user } : dismissal(note, { credits, user_id: user });
      const { resolveTopUp } = await import("@pantheon/core/payments/resolve.ts"); // seldom asked
      const resolved = await resolveTopUp(deps, actingAdmin(c), c.req.valid("param").top_up_id, resolution);
      if (credits !== null) countGranted(deps.log, resolved, credits); // the admin's own figure, and not what was paid
      return storedResponse(c, resolved);
    },
  );
}

/** What would say whom to grant what has no place in a dismissal: it may have been meant for a grant. */
function dismissal(note: string, given: Readonly<Record<string, unknown>>): Resolution {
  const surplus = Object.keys(given).filter((path) => given[path] !== null);
  if (surplus.length > 0) throw invalidRequest(surplus.map((path) => ({ path, message: "belongs to a grant" })));
  return { action: "dismiss", note };
}
