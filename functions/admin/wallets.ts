// Somebody's wallet and its grants, and the audit of what was done (contract section 5).

import type { Hono } from "hono";
import type * as v from "valibot";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import type { Log } from "@pantheon/core/log.ts";
import { storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { body, noQuery, params } from "@pantheon/edge/input/validate.ts";
import { amount as exactly, format, type Amount } from "@pantheon/contract/money.ts";
import { recentTransactions } from "@pantheon/core/ledger/entries.ts";
import { findWallet } from "@pantheon/core/ledger/wallet.ts";
import { actingAdmin } from "./acting-admin.ts";
import { countGranted } from "./grants.ts";
import * as shapes from "@pantheon/contract/admin.ts";
import * as booking from "@pantheon/contract/booking.ts";

const NO_ADMIN = { 403: "Not an admin" };
const NOBODY = "Nobody of this id was ever here, or nobody can have it";
const WAITS = [202, booking.GrantProposed] as const;
const someone = params(shapes.UserPath, "User not found.");

type Deps = { readonly db: Database; readonly log: Log; readonly config: Pick<Config, "grantSumPerDay"> };

export function walletRoutes(app: Hono<AppEnv>, deps: Deps): void {
  const { db } = deps;
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
  grantRoutes(app, deps);
  deductRoute(app, db);
}

function grantRoutes(app: Hono<AppEnv>, deps: Deps): void {
  app.post(
    "/api/v1/admin/wallets/:user_id/grant",
    describe({
      id: "grantCredits",
      summary: "Grant credits",
      tag: "admin",
      responds: [200, booking.Grant],
      or: WAITS,
      refusals: { ...NO_ADMIN, 404: NOBODY },
    }),
    noQuery,
    idempotencyKey,
    someone,
    body(booking.GrantCreate),
    (c) =>
      grant(c, deps, c.req.valid("param").user_id, c.req.valid("json"), (user, _amount, transaction) => ({
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
      responds: [200, booking.UserGrant],
      or: WAITS,
      refusals: { ...NO_ADMIN, 404: NOBODY },
    }),
    noQuery,
    idempotencyKey,
    someone,
    body(booking.GrantCreate),
    (c) =>
      grant(c, deps, c.req.valid("param").user_id, c.req.valid("json"), (user, credits) => ({
        user_id: user,
        credits_granted: format(credits),
      })),
  );
}

function deductRoute(app: Hono<AppEnv>, db: Database): void {
  app.post(
    "/api/v1/admin/wallets/:user_id/deduct",
    describe({
      id: "deductCredits",
      summary: "Take credits back",
      tag: "admin",
      responds: [200, booking.Deduction],
      refusals: { ...NO_ADMIN, 404: "No such wallet", 409: "Less is available" },
    }),
    noQuery,
    idempotencyKey,
    params(shapes.UserPath, "Wallet not found."),
    body(booking.DeductCreate),
    async (c) => {
      const user = c.req.valid("param").user_id;
      const { amount, note, allow_negative: allowNegative } = c.req.valid("json");
      type Head = Omit<v.InferInput<typeof booking.Deduction>, "new_balance">;
      const answer = (transaction: string): Head => ({ user_id: user, transaction_id: transaction });
      const admin = actingAdmin(c, `/api/v1/admin/wallets/${user}/deduct`);
      const { deductByAdmin } = await import("@pantheon/core/ledger/grant.ts"); // seldom asked
      return storedResponse(c, await deductByAdmin(db, admin, { wallet: user, amount, note, allowNegative, answer }));
    },
  );
}

/** Credits that whoever checks the stage may grant alone on a day: some runs of it. */
const VERIFY_GRANTS = exactly("50");

function least(one: Amount, other: Amount | null): Amount {
  return other !== null && other.lt(one) ? other : one;
}

type GrantHead = Omit<v.InferInput<typeof booking.Grant> | v.InferInput<typeof booking.UserGrant>, "new_balance">;
type GrantAnswer = (user: string, amount: Amount, transaction: string) => GrantHead;

async function grant(
  c: Asked,
  { db, log, config }: Deps,
  user: string,
  asked: { amount: Amount; note: string | null; create: boolean },
  answer: GrantAnswer,
): Promise<Response> {
  const { grantByAdmin } = await import("@pantheon/core/ledger/proposals.ts"); // seldom asked
  const granted = await grantByAdmin(db, actingAdmin(c, `/api/v1/admin/wallets/${user}/grant`), {
    wallet: user,
    amount: asked.amount,
    note: asked.note === "" ? null : asked.note,
    create: asked.create,
    most: c.var.adminReach === "verify" ? least(VERIFY_GRANTS, config.grantSumPerDay) : config.grantSumPerDay,
    answer: (transaction) => answer(user, asked.amount, transaction),
  });
  countGranted(log, granted, asked.amount);
  return storedResponse(c, granted);
}
