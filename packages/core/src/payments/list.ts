// All top-ups, for admins: who paid what, and what was set aside and why.

import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import type { List } from "@pantheon/contract/page.ts";
import { listTakenBack, type TakenBack } from "./taken-back.ts";
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

/** Top-ups by time and id, newest first; of one status, or all. */
export function listAllTopUps(db: Database, status: TopUpState | undefined): List<TopUpReportRow> {
  const rows = db.query
    .selectFrom("top_ups")
    .select(["id", "user_id", "amount_usd", "credits_to_grant", "status", "payment_intent", "livemode", "quarantine_reason"])
    .select(["received_minor", "received_currency", "resolution", "resolved_by", "resolved_at", "resolution_note"])
    .select(["created_at", "updated_at"])
    .$if(status !== undefined, (query) => query.where("status", "=", status ?? "created"));
  return listTakenBack(db, listOf({ on: db.query, rows, countedTo: COUNTED }));
}
