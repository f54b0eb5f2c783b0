// The routes of the function `users`: who I am, my wallet, my usage, my transactions and their receipts (contract section 4).

import type { Hono } from "hono";
import type * as v from "valibot";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { meet, readAccount } from "@pantheon/core/accounts/person.ts";
import { readBookingReceipt } from "@pantheon/core/payments/receipt.ts";
import { readReceipt } from "@pantheon/core/turns/receipt.ts";
import { listUsage, type UsageRow } from "@pantheon/core/turns/usage-events.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import { ledgerRowView, listTransactions } from "@pantheon/core/ledger/entries.ts";
import { Me, Receipt, TransactionList, TransactionPath, UsageList, Wallet, type UsageEvent } from "@pantheon/contract/account.ts";

type UserDeps = { readonly db: Database; readonly config: Pick<Config, "lowBalanceThreshold"> };

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
    "/api/v1/users/me/usage",
    describe({ id: "listUsage", summary: "What your turns used, newest first", tag: "account", responds: [200, UsageList] }),
    query(ListQuery),
    async (c) => c.var.respond(await listPage(c, c.req.valid("query"), "events", listUsage(db, c.var.caller.wallet), usageView)),
  );
  app.get(
    "/api/v1/users/me/transactions",
    describe({ id: "listTransactions", summary: "Your ledger, newest first", tag: "account", responds: [200, TransactionList] }),
    query(ListQuery),
    async (c) =>
      c.var.respond(await listPage(c, c.req.valid("query"), "transactions", listTransactions(db, c.var.caller.wallet), ledgerRowView)),
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
      const receipt = (await readBookingReceipt(db, wallet, id)) ?? (await readReceipt(db, wallet, id));
      return c.var.respond({ ...receipt, created_at: rfc3339(receipt.created_at) });
    },
  );
}

function usageView(event: UsageRow): v.InferInput<typeof UsageEvent> {
  return {
    ...event,
    input_tokens_fresh: Number(event.input_tokens_fresh),
    input_tokens_cached: Number(event.input_tokens_cached),
    output_tokens: Number(event.output_tokens),
    multiplier: format(amount(event.multiplier)),
    credits_burned: format(amount(event.credits_burned)),
    credits_charged: format(amount(event.credits_charged)),
    created_at: rfc3339(event.created_at),
  };
}
