// Topping up one's wallet (contract section 4).

import type { Hono } from "hono";
import type * as v from "valibot";
import { requestKey, storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { body, noBody, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import type { CheckoutDeps } from "@pantheon/core/payments/checkout.ts";
import type { Stripe } from "@pantheon/core/payments/stripe.ts";
import type { TopUpRow } from "@pantheon/core/payments/own-top-ups.ts";
import { takenBackView } from "@pantheon/core/payments/taken-back.ts";
import { TopUpCreate, TopUpList, TopUpPath, TopUpRead, TopUpStarted, TopUp } from "@pantheon/contract/account.ts";

const TOP_UPS = "/api/v1/users/me/wallet/top-ups";

/** Loaded when somebody asks for them: no cold start waits for it. */
const checkout = () => import("@pantheon/core/payments/checkout.ts");
const own = () => import("@pantheon/core/payments/own-top-ups.ts");

export function topUpRoutes(app: Hono<AppEnv>, deps: CheckoutDeps & { readonly stripeForReaders: Stripe | null }): void {
  app.post(
    "/api/v1/users/me/wallet/top-up",
    describe({
      id: "startTopUp",
      summary: "Start a top-up: pay it at Stripe with the client secret",
      tag: "top-ups",
      responds: [200, TopUpStarted],
      refusals: { 403: "The account is suspended", 429: "Too many top-ups are waiting to be paid", 502: "Stripe refused or failed" },
    }),
    noQuery,
    idempotencyKey,
    body(TopUpCreate),
    async (c) => {
      const { topUp } = await checkout();
      return storedResponse(c, {
        status: 200,
        ...(await topUp(deps, { ...c.var.caller, email: c.var.email }, c.req.valid("json").amount_usd, requestKey(c))),
      });
    },
  );
  app.get(
    TOP_UPS,
    describe({ id: "listTopUps", summary: "Your top-ups, newest first", tag: "top-ups", responds: [200, TopUpList] }),
    query(ListQuery),
    async (c) => {
      const { listTopUps } = await own();
      return c.var.respond(await listPage(c, c.req.valid("query"), "top_ups", listTopUps(deps, c.var.caller.wallet), topUpView));
    },
  );
  app.get(
    `${TOP_UPS}/:top_up_id`,
    describe({
      id: "readTopUp",
      summary: "One top-up; Stripe is asked about one that is not paid yet",
      tag: "top-ups",
      responds: [200, TopUpRead],
      refusals: { 404: "No such top-up of yours" },
    }),
    noQuery,
    params(TopUpPath, "Top-up not found."),
    async (c) => {
      const { readTopUp } = await own();
      const { clientSecret, ...row } = await readTopUp(
        { ...deps, stripe: deps.stripeForReaders },
        c.var.caller.wallet,
        c.req.valid("param").top_up_id,
      );
      return c.var.respond({ ...topUpView(row), client_secret: clientSecret });
    },
  );
  cancelRoute(app, deps);
}

/** No key is needed: what is canceled is answered alike however often it is asked. */
function cancelRoute(app: Hono<AppEnv>, deps: CheckoutDeps): void {
  app.delete(
    `${TOP_UPS}/:top_up_id`,
    describe({
      id: "cancelTopUp",
      summary: "Cancel a top-up that is not paid",
      tag: "top-ups",
      responds: [200, TopUp],
      refusals: { 404: "No such top-up of yours", 409: "It was paid, is being paid, or was set aside" },
    }),
    noQuery,
    params(TopUpPath, "Top-up not found."),
    noBody,
    async (c) => {
      const { cancelTopUp } = await import("@pantheon/core/payments/cancel.ts");
      return c.var.respond(topUpView(await cancelTopUp(deps, c.var.caller.wallet, c.req.valid("param").top_up_id)));
    },
  );
}

function topUpView(row: TopUpRow): v.InferInput<typeof TopUp> {
  return {
    id: row.id,
    amount_usd: format(amount(row.amount_usd)),
    credits_to_grant: format(amount(row.credits_to_grant)),
    status: row.status,
    payment_intent_id: row.payment_intent,
    ...takenBackView(row),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  };
}
