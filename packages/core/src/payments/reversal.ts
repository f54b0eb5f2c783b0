// Refunds and disputes: what each state of such an object means, and how it reaches the wallet.

import { sql } from "kysely";
import * as v from "valibot";
import type { Database } from "../db/database.ts";
import { applyReversals, recordReversal, TAKING } from "../ledger/statements/reverse-payment.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { ReversalKind } from "@pantheon/contract/vocabulary.ts";

/** A refund or dispute, as far along as it is known. `state` is what the statement that applies it knows; a later `rank` wins. */
export type Reversal = {
  readonly object: string;
  readonly payment: string;
  readonly kind: ReversalKind;
  readonly state: string;
  readonly rank: number;
  readonly amountMinor: number;
};

const Reversed = v.object({
  id: v.pipe(v.string(), v.regex(/^[\w-]{1,255}$/)),
  payment_intent: v.nullish(
    v.union([
      v.string(),
      v.pipe(
        v.object({ id: v.string() }),
        v.transform(({ id }) => id),
      ),
    ]),
  ),
  amount: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  status: v.nullish(v.string()),
  balance_transactions: v.optional(v.array(v.object({ amount: v.pipe(v.number(), v.safeInteger()) })), []),
});

/** How far along a refund is: pending or succeeded takes credits back, failed or canceled returns them. */
const REFUND_RANKS: ReadonlyMap<string, number> = new Map([
  ["pending", 1],
  ["requires_action", 1],
  ["succeeded", 2],
  ["failed", 3],
  ["canceled", 3],
]);

/** A refund; null for what is none, or has no payment intent. */
export function refundOf(object: unknown): Reversal | null {
  const parsed = v.safeParse(Reversed, object);
  if (!parsed.success || !parsed.output.payment_intent) return null;
  const { id, payment_intent: payment, amount, status } = parsed.output;
  const state = status ?? "succeeded";
  const rank = REFUND_RANKS.get(state);
  return rank === undefined ? null : { object: id, payment, kind: "refund", state, rank, amountMinor: amount };
}

/** What a dispute's event says of it: opened takes nothing, withdrawn or lost takes, reinstated or won returns. */
const DISPUTE_EVENTS = {
  "charge.dispute.created": { state: "created", rank: 1 },
  "charge.dispute.funds_withdrawn": { state: "funds_withdrawn", rank: 2 },
  "charge.dispute.funds_reinstated": { state: "funds_reinstated", rank: 3 },
  "charge.dispute.closed": { state: "closed", rank: 4 },
} as const;

/** A dispute as an event tells of it, or as it was found (`type` null): then its status and its bookings say how far along it is. */
export function disputeOf(type: string | null, object: unknown): Reversal | null {
  const parsed = v.safeParse(Reversed, object);
  if (!parsed.success || !parsed.output.payment_intent) return null;
  const { id, payment_intent: payment, amount, status, balance_transactions: bookings } = parsed.output;
  const told = isDisputeEvent(type) ? DISPUTE_EVENTS[type] : found(status, bookings);
  const state = told.state === "closed" && (status === "won" || status === "lost") ? status : told.state;
  return { object: id, payment, kind: "dispute", state, rank: told.rank, amountMinor: amount };
}

/** Keeps the state, then moves the wallet. Safe to run again at any point. */
export async function settleReversal(db: Database, reversal: Reversal, origin: Told): Promise<void> {
  await db.run(recordReversal, { ...reversal, amountMinor: String(reversal.amountMinor) });
  await applyToWallet(db, reversal.payment, origin);
}

/** The event that told of it; null when we asked ourselves. */
type Told = { readonly id: string; readonly type: string } | null;

/** How often a sum is taken again because another object of the payment was recorded meanwhile. */
const TRIES = 20;

/** Moves the wallet to what all refunds and disputes of the payment come to. */
export async function applyToWallet(db: Database, payment: string, origin: Told): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [row] = await db.run(applyReversals, { payment, event: origin?.id ?? null, type: origin?.type ?? "" });
    if (!row?.stale) return;
  }
  throw new DomainError("conflict", "Refunds of this payment are being booked. Please try again.", { retryAfter: 1 });
}

/** True when every refund and dispute of the payment has taken what it should; also when it is not granted yet. Reads only. */
export async function isApplied(db: Database, payment: string): Promise<boolean> {
  const { rows } = await sql<{ applied: boolean }>`
    select not exists (
      select from (select r.taken, least(g.amount, round(g.amount * sum(r.own) over w / (t.amount_usd * 100), 2))
                                   - least(g.amount, round(g.amount * (sum(r.own) over w - r.own) / (t.amount_usd * 100), 2)) as target
                     from (select object_id, payment_intent, taken, case when state in ${TAKING} then amount_minor else 0 end as own
                             from reversals where payment_intent = ${payment}) r
                     join credit_transactions g on g.kind = 'grant' and g.source = 'top_up' and g.reference_id = r.payment_intent
                     join top_ups t on t.payment_intent = r.payment_intent
                   window w as (order by r.object_id)) x
       where taken <> target) as applied`.execute(db.query);
  return rows[0]?.applied ?? true;
}

function isDisputeEvent(type: string | null): type is keyof typeof DISPUTE_EVENTS {
  return type !== null && Object.hasOwn(DISPUTE_EVENTS, type);
}

/** What was booked says more than the status: a withdrawal is less than nothing, and with its return it is nothing again. */
function found(status: string | null | undefined, bookings: readonly { amount: number }[]): { state: string; rank: number } {
  if (status === "won" || status === "lost" || status === "warning_closed") return DISPUTE_EVENTS["charge.dispute.closed"];
  if (bookings.length === 0) return DISPUTE_EVENTS["charge.dispute.created"];
  const isWithdrawn = bookings.reduce((total, { amount }) => total + amount, 0) < 0;
  return DISPUTE_EVENTS[isWithdrawn ? "charge.dispute.funds_withdrawn" : "charge.dispute.funds_reinstated"];
}
