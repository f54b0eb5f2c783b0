// Somebody's wallet and its grants, and the audit of what was done (contract section 5).

import type { Hono } from "hono";
import type * as v from "valibot";
import type { Database } from "@pantheon/core/db/database.ts";
import { storedAnswer } from "@pantheon/edge/output/respond.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { body, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { format, type Amount } from "@pantheon/contract/money.ts";
import { listActions, type ActionRow } from "@pantheon/core/audit/actions.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import { grantByAdmin } from "@pantheon/core/ledger/grant.ts";
import { recentTransactions } from "@pantheon/core/ledger/entries.ts";
import { findWallet } from "@pantheon/core/ledger/wallet.ts";
import { actingAdmin } from "./prices.ts";
import * as shapes from "@pantheon/contract/admin.ts";

const NO_ADMIN = { 403: "Not an admin" };
const NO_USER_ID = "Nobody can have this id";
const someone = params(shapes.UserPath, "User not found.");

export function walletRoutes(app: Hono<AppEnv>, { db }: { readonly db: Database }): void {
  app.get(
    "/api/v1/admin/wallets/:user_id",
    describe({
      id: "readUserWallet",
      summary: "A wallet and its latest transactions",
      tag: "admin",
      responds: [200, shapes.AdminWallet],
      refusals: { ...NO_ADMIN, 404: "No such wallet" },
    }),
    noQuery,
    params(shapes.UserPath, "Wallet not found."),
    async (c) => {
      const user = c.req.valid("param").user_id;
      const { balance, held, available } = await findWallet(db, user);
      const figures = { balance: format(balance), held: format(held), available: format(available) };
      return c.var.respond({ user_id: user, ...figures, recent_transactions: await recentTransactions(db, user) });
    },
  );
  app.post(
    "/api/v1/admin/wallets/:user_id/grant",
    describe({
      id: "grantCredits",
      summary: "Grant credits",
      tag: "admin",
      responds: [200, shapes.Grant],
      refusals: { ...NO_ADMIN, 404: NO_USER_ID },
    }),
    noQuery,
    idempotencyKey,
    someone,
    body(shapes.GrantCreate),
    (c) =>
      grant(c, db, c.req.valid("param").user_id, c.req.valid("json"), (user, _amount, transaction) => ({
        user_id: user,
        transaction_id: transaction,
      })),
  );
  app.post(
    "/api/v1/admin/users/:user_id/wallet/grant",
    describe({
      id: "grantUserCredits",
      summary: "Grant credits: the same act at a second address",
      tag: "admin",
      responds: [200, shapes.UserGrant],
      refusals: { ...NO_ADMIN, 404: NO_USER_ID },
    }),
    noQuery,
    idempotencyKey,
    someone,
    body(shapes.GrantCreate),
    (c) =>
      grant(c, db, c.req.valid("param").user_id, c.req.valid("json"), (user, credits) => ({
        user_id: user,
        credits_granted: format(credits),
      })),
  );
  actionRoutes(app, db);
}

type GrantHead = Omit<v.InferInput<typeof shapes.Grant> | v.InferInput<typeof shapes.UserGrant>, "new_balance">;
type GrantAnswer = (user: string, amount: Amount, transaction: string) => GrantHead;

async function grant(
  c: Asked,
  db: Database,
  user: string,
  asked: { amount: Amount; note: string | null },
  answer: GrantAnswer,
): Promise<Response> {
  const granted = await grantByAdmin(db, actingAdmin(c, `/api/v1/admin/wallets/${user}/grant`), {
    user,
    amount: asked.amount,
    note: asked.note === "" ? null : asked.note,
    answer: (transaction) => answer(user, asked.amount, transaction),
  });
  return storedAnswer(c, granted);
}

function actionRoutes(app: Hono<AppEnv>, db: Database): void {
  app.get(
    "/api/v1/admin/actions",
    describe({
      id: "listActions",
      summary: "What admins did, newest first",
      tag: "admin",
      responds: [200, shapes.ActionList],
      refusals: NO_ADMIN,
    }),
    query(ListQuery),
    async (c) => c.var.respond(await listPage(c, c.req.valid("query"), "actions", listActions(db), actionView)),
  );
}

function actionView(action: ActionRow): v.InferInput<typeof shapes.AdminAction> {
  return { ...action, created_at: rfc3339(action.created_at) };
}
