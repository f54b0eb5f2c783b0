// All top-ups, for admins: who paid what, and what was set aside and why.

import type * as v from "valibot";
import type { AdminTopUp } from "@pantheon/contract/histories.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { Database } from "../db/database.ts";
import { createdWithin, type Days } from "../db/days.ts";
import { listOf } from "../db/list.ts";
import type { List } from "@pantheon/contract/page.ts";
import { listTakenBack, takenBackView, type TakenBack } from "./taken-back.ts";
import type { ResolutionKind, TopUpState } from "@pantheon/contract/vocabulary.ts";

export type TopUpReportRow = {
  id: string;
  user_id: string;
  amount_usd: string;
  credits_to_grant: string;
  status: TopUpState;
  payment_intent: string | null;
  livemode: boolean | null;
  quarantine_reason: string | null;
  /** As the payment provider said it, in minor units of the currency; kept of payments that were set aside. */
  received_minor: string | null;
  received_currency: string | null;
  resolution: ResolutionKind | null;
  resolved_by: string | null;
  resolved_at: Date | null;
  resolution_note: string | null;
  created_at: Date;
  updated_at: Date;
} & TakenBack;

/** What a total is counted up to. */
const COUNTED = 10_000;

/** Of which state, whose, resolved by which admin, begun on which days; null is any. */
export type TopUpFilter = {
  readonly status: TopUpState | null;
  readonly user: string | null;
  readonly admin: string | null;
  readonly days: Days;
};

/** Top-ups by time and id, newest first. */
export function listAllTopUps(db: Database, { status, user, admin, days }: TopUpFilter): List<TopUpReportRow> {
  const rows = db.query
    .selectFrom("top_ups")
    .select(["id", "user_id", "amount_usd", "credits_to_grant", "status", "payment_intent", "livemode", "quarantine_reason"])
    .select(["received_minor", "received_currency", "resolution", "resolved_by", "resolved_at", "resolution_note"])
    .select(["created_at", "updated_at"])
    .where(createdWithin(days))
    .$if(status !== null, (query) => query.where("status", "=", status ?? "created"))
    .$if(user !== null, (query) => query.where("user_id", "=", user ?? ""))
    .$if(admin !== null, (query) => query.where("resolved_by", "=", admin ?? ""));
  return listTakenBack(db, listOf({ on: db.query, rows, countedTo: COUNTED }));
}

/** Anybody's top-up as it leaves. */
export function topUpView(read: TopUpReportRow): v.InferInput<typeof AdminTopUp> {
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
