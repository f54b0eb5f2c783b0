// Refunds and disputes that may still change: which of them to ask Stripe about again, longest not asked first. Their lists tell only when
// they were made, and what becomes of them comes weeks later.

import { sql } from "kysely";
import type { ReversalKind } from "@pantheon/contract/vocabulary.ts";
import type { Database } from "../db/database.ts";

/** A refund that succeeded can fail for about a month, when the bank sends it back; a decided dispute can be decided again. */
const REFUND_WATCHED = "90 days";
const DISPUTE_WATCHED = "120 days";
const ROWS_A_ROUND = 1_000;

export type Watched = { readonly object_id: string; readonly kind: ReversalKind };

/** Those of our own payments that are not final, and were not asked about since `triedBefore` (null: whenever they were). */
export async function watchedReversals(db: Database, triedBefore: Date | null): Promise<Watched[]> {
  const { rows } = await sql<Watched>`
    select r.object_id, r.kind
      from reversals r
     where exists (select from top_ups t where t.payment_intent = r.payment_intent)
       and (${triedBefore}::timestamptz is null or r.tried_at < ${triedBefore}::timestamptz)
       and case
             when r.state in ('failed', 'canceled') then false
             when r.state = 'succeeded' then r.created_at > clock_timestamp() - ${REFUND_WATCHED}::interval
             when r.state in ('won', 'lost', 'closed') then r.updated_at > clock_timestamp() - ${DISPUTE_WATCHED}::interval
             else true
           end
     order by r.tried_at, r.object_id
     limit ${ROWS_A_ROUND}::int`.execute(db.query);
  return rows;
}

/** Puts an object behind the others, before Stripe is asked: one that cannot be looked at must not keep the others waiting. */
export async function markTried(db: Database, object: string): Promise<void> {
  await sql`update reversals set tried_at = clock_timestamp() where object_id = ${object}`.execute(db.query);
}

/** Keeps that Stripe has said how this object stands, and that it is booked so. */
export async function markChecked(db: Database, object: string): Promise<void> {
  await sql`update reversals set checked_at = clock_timestamp(), tried_at = clock_timestamp() where object_id = ${object}`.execute(
    db.query,
  );
}
