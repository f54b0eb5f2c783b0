// Grants that wait for a second admin (contract section 5), and what is counted of every grant.

import type { Hono } from "hono";
import { roundHalfUp, type Amount } from "@pantheon/contract/money.ts";
import type { WrittenResponse } from "@pantheon/core/audit/once.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import type { Log } from "@pantheon/core/log.ts";
import { daysOf } from "@pantheon/edge/input/days.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { noBody, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { actingAdmin } from "./acting-admin.ts";
import * as booking from "@pantheon/contract/booking.ts";

type Deps = { readonly db: Database; readonly log: Log };

const NO_ADMIN = { 403: "Not an admin" };
const RESOLVE_REFUSALS = { ...NO_ADMIN, 404: "No such grant", 409: "It is resolved, or its own admin may not confirm it" };
const proposal = params(booking.GrantProposalPath, "Grant not found.");
const loaded = () => import("@pantheon/core/ledger/proposals.ts"); // seldom asked

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`. */
export function grantProposalRoutes(app: Hono<AppEnv>, { db, log }: Deps): void {
  app.get(
    "/api/v1/admin/grants",
    describe({
      id: "listGrantProposals",
      summary: "Grants that need a second admin, newest first",
      tag: "admin",
      responds: [200, booking.GrantProposalList],
      refusals: NO_ADMIN,
    }),
    query(booking.GrantProposalsQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { listProposals, proposalView } = await loaded();
      const list = listProposals(db, { status: asked.status ?? null, user: asked.user_id ?? null, days: daysOf(asked) });
      return c.var.respond(await listPage(c, asked, "grants", list, proposalView));
    },
  );
  app.post(
    "/api/v1/admin/grants/:proposal_id/confirm",
    describe({
      id: "confirmGrant",
      summary: "Book a grant that another admin has proposed",
      tag: "admin",
      responds: [200, booking.Grant],
      refusals: RESOLVE_REFUSALS,
    }),
    noQuery,
    idempotencyKey,
    proposal,
    noBody,
    async (c) => {
      const { confirmGrant, findAmount } = await loaded();
      const id = c.req.valid("param").proposal_id;
      const granted = await confirmGrant(db, actingAdmin(c), id);
      countGranted(log, granted, await findAmount(db, id));
      return storedResponse(c, granted);
    },
  );
  app.post(
    "/api/v1/admin/grants/:proposal_id/dismiss",
    describe({
      id: "dismissGrant",
      summary: "Close a proposed grant without booking it",
      tag: "admin",
      responds: [200, booking.DismissedGrant],
      refusals: RESOLVE_REFUSALS,
    }),
    noQuery,
    idempotencyKey,
    proposal,
    noBody,
    async (c) => {
      const { dismissGrant } = await loaded();
      return storedResponse(c, await dismissGrant(db, actingAdmin(c), c.req.valid("param").proposal_id));
    },
  );
}

/** Counts credits that an admin has just granted; whole credits. Nothing of a repeat, or of a grant that waits. */
export function countGranted(log: Log, { status, replayed }: WrittenResponse, credits: Amount): void {
  if (replayed || status !== 200) return;
  log.count("admin_grant", {}, { credits_granted: Number(roundHalfUp(credits, 0).toFixed()) });
}
