// What admins look at before they decide: refunds and disputes, and whom enforcement would refuse (contract section 5). Reads only.

import type { Hono } from "hono";
import * as histories from "@pantheon/contract/histories.ts";
import * as reports from "@pantheon/contract/reports.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { daysOf } from "@pantheon/edge/input/days.ts";
import { query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

const FORBIDDEN = { 403: "Not an admin" };

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`. */
export function watchingRoutes(app: Hono<AppEnv>, { db }: { readonly db: Database }): void {
  app.get(
    "/api/v1/admin/reversals",
    describe({
      id: "listReversals",
      summary: "All refunds and disputes, newest first",
      tag: "admin",
      responds: [200, histories.AdminReversalList],
      refusals: FORBIDDEN,
    }),
    query(histories.ReversalsQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { listReversals, reversalView } = await import("@pantheon/core/payments/reversals.ts"); // seldom asked
      const list = listReversals(db, { kind: asked.kind ?? null, user: asked.user_id ?? null, days: daysOf(asked) });
      return c.var.respond(await listPage(c, asked, "reversals", list, reversalView));
    },
  );
  app.get(
    "/api/v1/admin/analytics/would-refuse",
    describe({
      id: "listWouldRefuse",
      summary: "Whom enforcement would have refused, most often first",
      tag: "reports",
      responds: [200, reports.WouldRefuseList],
      refusals: FORBIDDEN,
    }),
    query(reports.WouldRefuseQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { listWouldRefuse, wouldRefuseView } = await import("@pantheon/core/reports/refused.ts"); // seldom asked
      return c.var.respond(await listPage(c, asked, "users", listWouldRefuse(db, daysOf(asked)), wouldRefuseView));
    },
  );
}
