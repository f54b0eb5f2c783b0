// A person's own top-ups, as they read them. One that is not settled yet is looked up at Stripe.

import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import { moveTopUp } from "./statements/top-up.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { List } from "@pantheon/contract/page.ts";
import type { TopUpState } from "@pantheon/contract/vocabulary.ts";
import type { CheckoutDeps } from "./checkout.ts";
import { parsePayment, stateOf } from "./payment.ts";
import { settlePayment } from "./book.ts";
import { listTakenBack, withTakenBack, type TakenBack } from "./taken-back.ts";

export type TopUpRow = {
  id: string;
  amount_usd: string;
  credits_to_grant: string;
  status: TopUpState;
  payment_intent: string | null;
  created_at: Date;
  updated_at: Date;
} & TakenBack;

/** This wallet's top-ups, newest first, as they are known. */
export function listTopUps({ db }: Pick<CheckoutDeps, "db">, wallet: string): List<TopUpRow> {
  return listTakenBack(db, listOf({ on: db.query, rows: ownTopUps(db, wallet) }));
}

/**
 * One top-up of this wallet. One that is not settled is looked up at Stripe, and granted if it was paid, by the same path as a webhook;
 * when Stripe is away it is shown as it is known. `clientSecret` is there while it can be paid.
 */
export async function readTopUp(deps: CheckoutDeps, wallet: string, id: string): Promise<TopUpRow & { clientSecret: string | null }> {
  const row = await findOwnTopUp(deps, wallet, id);
  if (!deps.stripe || row.payment_intent === null || !OPEN.has(row.status)) return { ...row, clientSecret: null };
  try {
    const seen = await deps.stripe.retrieve("payment_intents", row.payment_intent);
    const payment = parsePayment(seen?.object);
    if (!seen || !payment) return { ...row, clientSecret: null };
    if (payment.status === "succeeded") await settlePayment(deps, payment, null);
    const status = stateOf(payment, row.status);
    if (status !== null && status !== row.status) {
      await deps.db.run(moveTopUp, { id, payment: payment.id, status, at: seen.at, event: null, type: "" });
    }
    return {
      ...(await findOwnTopUp(deps, wallet, id)),
      clientSecret: payment.status.startsWith("requires_") ? payment.client_secret : null,
    };
  } catch (error) {
    if (error instanceof DomainError && error.code === "database_unavailable") throw error;
    deps.log.warn("a top-up could not be looked up at Stripe, or not be booked", {
      top_up_id: id,
      error: error instanceof Error ? error.name : "unknown",
    });
    return { ...row, clientSecret: null };
  }
}

const OPEN = new Set(["created", "pending", "processing", "failed"]);

/** One top-up of this wallet as it is known; 404 when it has none of that id. */
export async function findOwnTopUp({ db }: Pick<CheckoutDeps, "db">, wallet: string, id: string): Promise<TopUpRow> {
  const [row] = await withTakenBack(db, await ownTopUps(db, wallet).where("id", "=", id).execute());
  if (!row) throw new DomainError("not_found", "Top-up not found.");
  return row;
}

function ownTopUps(db: Database, wallet: string) {
  return db.query
    .selectFrom("top_ups")
    .select(["id", "amount_usd", "credits_to_grant", "status", "payment_intent", "created_at", "updated_at"])
    .where("user_id", "=", wallet);
}
