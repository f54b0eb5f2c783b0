// The tables of top-ups and of what payments took back, as Kysely sees them. The other tables stand in schema.ts.

import type { ColumnType, Generated } from "kysely";
import type { ResolutionKind, ReversalKind, TopUpState } from "@pantheon/contract/vocabulary.ts";

/** Top-ups, reversals and received payment events. */
export interface PaymentTables {
  top_ups: TopUpsTable;
  reversals: ReversalsTable;
  reversal_counts: { payment_intent: string; objects: number };
  stripe_events: StripeEventsTable;
}

/** timestamptz with a default on the database's clock. */
type Stamp = ColumnType<Date, Date | undefined, Date>;

interface TopUpsTable {
  id: Generated<string>;
  user_id: string;
  amount_usd: string;
  currency: Generated<string>;
  credits_to_grant: string;
  status: Generated<TopUpState>;
  payment_intent: string | null;
  livemode: boolean | null;
  quarantine_reason: string | null;
  received_minor: string | null;
  received_currency: string | null;
  resolution: ResolutionKind | null;
  resolved_by: string | null;
  resolved_at: Date | null;
  resolution_note: string | null;
  idempotency_key: string | null;
  request_hash: string | null;
  response_body: string | null;
  expired_at: Date | null;
  usd_per_credit: string | null;
  slot: number | null;
  stripe_attempt: Generated<number>;
  state_at: Stamp;
  tried_at: Stamp;
  cancel_due: Generated<boolean>;
  created_at: Stamp;
  updated_at: Stamp;
}

interface ReversalsTable {
  object_id: string;
  payment_intent: string;
  kind: ReversalKind;
  state: string;
  rank: Generated<number>;
  amount_minor: string;
  currency: Generated<string>;
  told_at: Stamp;
  checked_at: Stamp;
  tried_at: Stamp;
  taken: ColumnType<string, string | undefined, string>;
  step: Generated<number>;
  created_at: Stamp;
  updated_at: Stamp;
}

interface StripeEventsTable {
  id: string;
  type: string;
  payment_intent: string | null;
  outcome: string;
  received_at: Stamp;
}
