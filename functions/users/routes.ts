// Who I am, my wallet, and the receipts of what I paid (contract section 4).

import type { Hono } from "hono";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { noQuery, params } from "@pantheon/edge/input/validate.ts";
import { format } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { meet, readAccount } from "@pantheon/core/accounts/person.ts";
import { Me, Receipt, TransactionPath, Wallet } from "@pantheon/contract/account.ts";

type UserDeps = { readonly db: Database; readonly config: Pick<Config, "lowBalanceThreshold"> };

/** Seldom asked: no cold start waits for it. */
const receipts = () => Promise.all([import("@pantheon/core/payments/receipt.ts"), import("@pantheon/core/turns/receipt.ts")]);

/** Mounts the routes. Every one of them wants an authenticated user, and shows nobody else's rows. */
export function userRoutes(app: Hono<AppEnv>, { db, config }: UserDeps): void {
  app.get(
    "/api/v1/auth/me",
    describe({ id: "readMe", summary: "Who the token says you are, and whether you are suspended", tag: "account", responds: [200, Me] }),
    noQuery,
    async (c) => {
      const { caller, email } = c.var;
      const standing = await meet(db, { ...caller, email }, { make: false });
      return c.var.respond({ user_id: caller.actor, email, is_admin: caller.isAdmin, ...standing });
    },
  );
  app.get(
    "/api/v1/users/me/wallet",
    describe({ id: "readWallet", summary: "Your wallet", tag: "account", responds: [200, Wallet] }),
    noQuery,
    async (c) => {
      const { balance, held, available, ...standing } = await readAccount(db, c.var.caller);
      const figures = { balance: format(balance), held: format(held), available: format(available) };
      return c.var.respond({ user_id: c.var.caller.wallet, ...figures, low_balance: balance.lt(config.lowBalanceThreshold), ...standing });
    },
  );
  app.get(
    "/api/v1/users/me/transactions/:transaction_id/receipt",
    describe({
      id: "readReceipt",
      summary: "How one ledger row came about",
      tag: "account",
      responds: [200, Receipt],
      refusals: { 404: "No such transaction of yours, or a refund" },
    }),
    noQuery,
    params(TransactionPath, "Transaction not found."),
    async (c) => {
      const { transaction_id: id } = c.req.valid("param");
      const { wallet } = c.var.caller;
      const [{ readBookingReceipt }, { readReceipt }] = await receipts();
      const receipt = (await readBookingReceipt(db, wallet, id)) ?? (await readReceipt(db, wallet, id));
      return c.var.respond({ ...receipt, created_at: rfc3339(receipt.created_at) });
    },
  );
}
