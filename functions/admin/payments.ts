// Top-ups as admins see them, and what becomes of those in quarantine (contract sections 5 and 6).

import type { Hono } from "hono";
import type * as v from "valibot";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { storedAnswer } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { invalidRequest } from "@pantheon/edge/input/faults.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { body, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { listAllTopUps, type TopUpReportRow } from "@pantheon/core/payments/list.ts";
import { takenBackView } from "@pantheon/core/payments/taken-back.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { Resolution } from "@pantheon/core/payments/resolve.ts";
import { actingAdmin } from "./acting-admin.ts";
import * as shapes from "@pantheon/contract/admin.ts";
import { TopUpPath } from "@pantheon/contract/account.ts";

const NO_ADMIN = { 403: "Not an admin" };

export function topUpRoutes(app: Hono<AppEnv>, deps: { readonly db: Database; readonly config: Config }): void {
  app.get(
    "/api/v1/admin/top-ups",
    describe({
      id: "listAllTopUps",
      summary: "All top-ups, with why one was set aside",
      tag: "admin",
      responds: [200, shapes.AdminTopUpList],
      refusals: NO_ADMIN,
    }),
    query(shapes.TopUpsQuery),
    async (c) => {
      const asked = c.req.valid("query");
      return c.var.respond(await listPage(c, asked, "top_ups", listAllTopUps(deps.db, asked.status), topUpView));
    },
  );
  app.post(
    "/api/v1/admin/top-ups/:top_up_id/resolve",
    describe({
      id: "resolveTopUp",
      summary: "Grant a payment in quarantine, or dismiss it",
      tag: "admin",
      responds: [200, shapes.ResolvedTopUp],
      refusals: { ...NO_ADMIN, 404: "No such top-up", 409: "It is not in quarantine" },
    }),
    noQuery,
    idempotencyKey,
    params(TopUpPath, "Top-up not found."),
    body(shapes.ResolveCreate),
    async (c) => {
      const { action, note, credits, user_id: user } = c.req.valid("json");
      const resolution = action === "grant" ? { action, note, credits, user } : dismissal(note, { credits, user_id: user });
      const { resolveTopUp } = await import("@pantheon/core/payments/resolve.ts"); // seldom asked
      return storedAnswer(c, await resolveTopUp(deps, actingAdmin(c), c.req.valid("param").top_up_id, resolution));
    },
  );
}

/** What would say whom to grant what has no place in a dismissal: it may have been meant for a grant. */
function dismissal(note: string, given: Readonly<Record<string, unknown>>): Resolution {
  const surplus = Object.keys(given).filter((path) => given[path] !== null);
  if (surplus.length > 0) throw invalidRequest(surplus.map((path) => ({ path, message: "belongs to a grant" })));
  return { action: "dismiss", note };
}

function topUpView(read: TopUpReportRow): v.InferInput<typeof shapes.AdminTopUp> {
  const { refunded_minor: _refunded, dispute_state: _state, dispute_minor: _disputed, ...row } = read;
  return {
    ...row,
    payment_intent_id: row.payment_intent,
    ...takenBackView(read),
    amount_usd: format(amount(row.amount_usd)),
    credits_to_grant: format(amount(row.credits_to_grant)),
    resolved_at: row.resolved_at && rfc3339(row.resolved_at),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  };
}
