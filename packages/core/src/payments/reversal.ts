// Refunds and disputes: what each state of such an object means, and how it reaches the wallet.

import { sql } from "kysely";
import * as v from "valibot";
import type { Database } from "../db/database.ts";
import { GRANTED_PAYMENTS, PAID_CURRENCY, reversalTargets } from "../ledger/statements/reversal-target.ts";
import { applyReversals, recordReversal } from "../ledger/statements/reverse-payment.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Log } from "../log.ts";
import type { ReversalKind } from "@pantheon/contract/vocabulary.ts";

/** A refund or dispute, as far along as it is known. `state` is what the statement that applies it knows; a later `rank` wins. */
export type Reversal = {
  readonly object: string;
  readonly payment: string;
  readonly kind: ReversalKind;
  readonly state: string;
  readonly rank: number;
  readonly amountMinor: number;
  /** As Stripe writes it: in small letters. */
  readonly currency: string;
  /** When Stripe said so, by its own clock. */
  readonly at: Date;
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
  currency: v.nullish(v.pipe(v.string(), v.maxLength(16)), "usd"), // Stripe always says it; what a person posts by hand may not
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
export function refundOf(object: unknown, at: Date): Reversal | null {
  const parsed = v.safeParse(Reversed, object);
  if (!parsed.success || !parsed.output.payment_intent) return null;
  const { id, payment_intent: payment, amount, currency, status } = parsed.output;
  const state = status ?? "succeeded";
  const rank = REFUND_RANKS.get(state);
  return rank === undefined ? null : { object: id, payment, kind: "refund", state, rank, amountMinor: amount, currency, at };
}

/** What a dispute's event says of it: opened takes nothing, withdrawn or lost takes, reinstated or won returns. */
const DISPUTE_EVENTS = {
  "charge.dispute.created": { state: "created", rank: 1 },
  "charge.dispute.funds_withdrawn": { state: "funds_withdrawn", rank: 2 },
  "charge.dispute.funds_reinstated": { state: "funds_reinstated", rank: 3 },
  "charge.dispute.closed": { state: "closed", rank: 4 },
} as const;

/** A dispute as an event tells of it, or as it was found (`type` null): then its status and its bookings say how far along it is. */
export function disputeOf(type: string | null, object: unknown, at: Date): Reversal | null {
  const parsed = v.safeParse(Reversed, object);
  if (!parsed.success || !parsed.output.payment_intent) return null;
  const { id, payment_intent: payment, amount, currency, status, balance_transactions: bookings } = parsed.output;
  const isClosing = type === "charge.dispute.closed" && (status === "won" || status === "lost" || !isWithdrawn(bookings));
  const told = isClosing || (isDisputeEvent(type) && type !== "charge.dispute.closed") ? DISPUTE_EVENTS[type] : found(status, bookings);
  const state = told.state === "closed" && (status === "won" || status === "lost") ? status : told.state;
  return { object: id, payment, kind: "dispute", state, rank: told.rank, amountMinor: amount, currency, at };
}

/**
 * Keeps the state, then moves the wallet. Safe to run again at any point. `quarantined`: nothing was taken, since the object is not in
 * its payment's currency, or is already known as something else (another payment, kind or currency); it was counted.
 */
export async function settleReversal({ db, log }: Booking, reversal: Reversal, origin: Told): Promise<"ok" | "quarantined"> {
  const [recorded] = await db.run(recordReversal, { ...reversal, amountMinor: String(reversal.amountMinor) });
  const reason = await misfitOf(db, reversal);
  if (reason === "another object") {
    if (origin) await keepEvent(db, origin, reversal.payment);
    return setAside(log, reversal, reason);
  }
  await applyToWallet(db, reversal.payment, origin);
  if (reason === null) return "ok";
  return recorded ? setAside(log, reversal, reason) : "quarantined"; // counted when it was first told
}

type Booking = { readonly db: Database; readonly log: Log };

/** Why what is told cannot be read as it stands, by what is known of its object and of its payment; null when it can. */
async function misfitOf(
  db: Database,
  { object, payment, kind, currency }: Reversal,
): Promise<"another object" | "another currency" | null> {
  const row = await db.query
    .selectFrom("reversals")
    .leftJoin("top_ups as t", "t.payment_intent", "reversals.payment_intent")
    .select(["reversals.payment_intent", "reversals.kind", "reversals.currency"])
    .select(PAID_CURRENCY.as("paid"))
    .where("object_id", "=", object)
    .executeTakeFirst();
  if (row && (row.payment_intent !== payment || row.kind !== kind || row.currency !== currency)) return "another object";
  return row && row.paid !== null && row.paid !== currency ? "another currency" : null;
}

/** What does nothing is kept all the same, so that somebody can find it. */
async function keepEvent(db: Database, { id, type }: NonNullable<Told>, payment: string): Promise<void> {
  const row = { id, type, payment_intent: payment, outcome: "quarantined" };
  await db.query
    .insertInto("stripe_events")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

function setAside(log: Log, { object, payment }: Reversal, reason: string): "quarantined" {
  log.count("reversal_quarantined", { object, payment_intent: payment, reason });
  return "quarantined";
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
      select from (${reversalTargets(sql`reversals`, GRANTED_PAYMENTS)}) t
       where payment_intent = ${payment} and taken <> target) as applied`.execute(db.query);
  return rows[0]?.applied ?? true;
}

function isWithdrawn(bookings: readonly { amount: number }[]): boolean {
  return bookings.reduce((total, { amount }) => total + amount, 0) < 0;
}

function isDisputeEvent(type: string | null): type is keyof typeof DISPUTE_EVENTS {
  return type !== null && Object.hasOwn(DISPUTE_EVENTS, type);
}

/**
 * What was booked says more than most statuses: a withdrawal is less than nothing, and with its return it is nothing again. So a dispute
 * that was lost and paid back all the same has returned its money.
 */
function found(status: string | null | undefined, bookings: readonly { amount: number }[]): { state: string; rank: number } {
  const isReturned = bookings.length > 0 && !isWithdrawn(bookings);
  if (status === "won" || (status === "lost" && !isReturned)) return DISPUTE_EVENTS["charge.dispute.closed"];
  if (isWithdrawn(bookings)) return DISPUTE_EVENTS["charge.dispute.funds_withdrawn"];
  if (status === "warning_closed" || status === "prevented") return DISPUTE_EVENTS["charge.dispute.closed"];
  return DISPUTE_EVENTS[isReturned ? "charge.dispute.funds_reinstated" : "charge.dispute.created"];
}
