// What admins look through: the audit, and everything of one person (contract section 5). What people said is in none of it.

import type { Hono } from "hono";
import type * as v from "valibot";
import * as account from "@pantheon/contract/account.ts";
import * as shapes from "@pantheon/contract/histories.ts";
import { UserPath } from "@pantheon/contract/admin.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { ActionRow } from "@pantheon/core/audit/actions.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { ledgerRowView, listTransactions } from "@pantheon/core/ledger/entries.ts";
import { daysOf } from "@pantheon/edge/input/days.ts";
import { noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

const people = () => import("@pantheon/core/accounts/people.ts"); // seldom asked

const NO_ADMIN = { 403: "Not an admin" };
const NOBODY = { ...NO_ADMIN, 404: "Nobody of this id was ever here, or was granted anything" };
const someone = params(UserPath, "User not found.");

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`. */
export function historyRoutes(app: Hono<AppEnv>, { db }: { readonly db: Database }): void {
  app.get(
    "/api/v1/admin/actions",
    describe({
      id: "listActions",
      summary: "What admins did, newest first",
      tag: "admin",
      responds: [200, shapes.ActionList],
      refusals: NO_ADMIN,
    }),
    query(shapes.ActionsQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { admin_id: admin = null, target = null, user_id: user = null } = asked;
      const { listActions } = await import("@pantheon/core/audit/actions.ts"); // seldom asked
      const list = listActions(db, { admin, target, user, days: daysOf(asked) });
      return c.var.respond(await listPage(c, asked, "actions", list, actionView));
    },
  );
  ledgerRoutes(app, db);
  turnRoutes(app, db);
}

function ledgerRoutes(app: Hono<AppEnv>, db: Database): void {
  app.get(
    "/api/v1/admin/users/:user_id/transactions",
    describe({
      id: "listUserTransactions",
      summary: "Somebody's ledger, newest first",
      tag: "admin",
      responds: [200, account.TransactionList],
      refusals: NOBODY,
    }),
    someone,
    query(account.DatedListQuery),
    async (c) => {
      const asked = c.req.valid("query");
      await (await people()).refuseNobody(db, c.req.valid("param").user_id);
      const list = listTransactions(db, c.req.valid("param").user_id, "admin", daysOf(asked));
      return c.var.respond(await listPage(c, asked, "transactions", list, ledgerRowView));
    },
  );
  app.get(
    "/api/v1/admin/users/:user_id/top-ups",
    describe({
      id: "listUserTopUps",
      summary: "Somebody's top-ups, newest first",
      tag: "admin",
      responds: [200, shapes.AdminTopUpList],
      refusals: NOBODY,
    }),
    someone,
    query(account.DatedListQuery),
    async (c) => {
      const asked = c.req.valid("query");
      await (await people()).refuseNobody(db, c.req.valid("param").user_id);
      const { listAllTopUps, topUpView } = await import("@pantheon/core/payments/list.ts"); // seldom asked
      const list = listAllTopUps(db, { status: null, user: c.req.valid("param").user_id, admin: null, days: daysOf(asked) });
      return c.var.respond(await listPage(c, asked, "top_ups", list, topUpView));
    },
  );
}

function turnRoutes(app: Hono<AppEnv>, db: Database): void {
  app.get(
    "/api/v1/admin/users/:user_id/turns",
    describe({
      id: "listUserTurns",
      summary: "Somebody's turns without what was said, newest first",
      tag: "admin",
      responds: [200, shapes.AdminTurnList],
      refusals: NOBODY,
    }),
    someone,
    query(account.DatedListQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { anyTurnView, listUserTurns } = await import("@pantheon/core/turns/all-turns.ts"); // seldom asked
      await (await people()).refuseNobody(db, c.req.valid("param").user_id);
      const list = listUserTurns(db, c.req.valid("param").user_id, daysOf(asked));
      return c.var.respond(await listPage(c, asked, "turns", list, anyTurnView));
    },
  );
  app.get(
    "/api/v1/admin/turns/:turn_id",
    describe({
      id: "readUserTurn",
      summary: "Anybody's turn without what was said, with the receipt of what it cost",
      tag: "admin",
      responds: [200, shapes.AdminTurnRead],
      refusals: { ...NO_ADMIN, 404: "No such turn" },
    }),
    noQuery,
    params(account.TurnPath, "Turn not found."),
    async (c) => {
      const { readAnyTurn } = await import("@pantheon/core/turns/all-turns.ts"); // seldom asked
      return c.var.respond(await readAnyTurn(db, c.req.valid("param").turn_id));
    },
  );
}

function actionView(action: ActionRow): v.InferInput<typeof shapes.AdminAction> {
  return { ...action, created_at: rfc3339(action.created_at) };
}
