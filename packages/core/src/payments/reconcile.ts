// Stripe against the ledger: what was paid or taken back there and is not booked here. Makes good what webhooks lost, also of old refunds
// and disputes, whose ends come weeks after they were made.

import type { Database } from "../db/database.ts";
import { errorName } from "../log.ts";
import { pass, type Progress } from "./passes.ts";
import { parsePayment, purposeOf, type Payment } from "./payment.ts";
import { findLost, restoreLost } from "./restore.ts";
import { disputeOf, isApplied, refundOf, settleReversal, type Reversal } from "./reversal.ts";
import { settlePayment, type PaymentDeps } from "./book.ts";
import type { Looked, Stripe, StripeKind } from "./stripe.ts";
import { markChecked, markTried, watchedReversals, type Watched } from "./watch.ts";

export type Reconciled = {
  /** Succeeded payments of ours that were looked at, and those that had not been granted. */
  readonly payments: number;
  readonly late: readonly string[];
  /** Refunds and disputes of our payments, and those whose state was not known here, or not applied. */
  readonly reversals: number;
  readonly unknown: readonly string[];
  readonly quarantined: number;
  /** Payments of top-ups that a restored database had lost, and that were booked by what they say themselves. */
  readonly restored: readonly string[];
  /** Objects that could not be booked, or not be looked at; the next run tries again. */
  readonly failed: readonly string[];
};

/** What is done one after the other. */
export type Part = StripeKind | "watched";

/** What bounds a run; nothing of it when a person asks. */
export type Bounds = {
  readonly now: Date;
  /** True when the time of this part is over: it then ends, and the next run goes on. */
  readonly isOver: (part: Part) => boolean;
  /** Where earlier runs stopped; written as this one goes on. */
  readonly progress: Progress;
  /** Refunds and disputes that were asked about after this are left to a later run. */
  readonly triedBefore: Date | null;
};

type ReconcileDeps = PaymentDeps & { readonly stripe: Stripe };
type Found = { -readonly [Name in keyof Reconciled]: Reconciled[Name] extends number ? number : string[] };
type Run = { readonly deps: ReconcileDeps; readonly found: Found; readonly asked: Asked; readonly seen: Set<string> };

/** `write`: what is missing is booked, and not only reported. `restore`: also payments whose top-up a restored database has lost. */
export type Asked = { readonly write: boolean; readonly restore?: boolean };

/**
 * Looks at everything made since `since`, and at every older refund or dispute that may still change. With `write`, what is missing is
 * booked by the same path as a webhook; without, it is only reported. With `restore`, payments whose top-up was lost are booked too, also
 * those in quarantine for want of it. Safe beside webhooks and beside itself. Each part is tried, also after another failed; then the
 * first failure is thrown.
 */
export async function reconcile(deps: ReconcileDeps, since: Date, asked: Asked, bounds: Bounds = unbounded(since)): Promise<Reconciled> {
  const found: Found = { payments: 0, late: [], reversals: 0, unknown: [], quarantined: 0, restored: [], failed: [] };
  const run: Run = { deps, found, asked, seen: new Set() };
  const { now, isOver, progress } = bounds;
  const list = (what: StripeKind, look: (looked: Looked) => Promise<void>) =>
    pass(deps.stripe, what, { since, now, progress, isOver: () => isOver(what) }, look);
  const parts = [
    () => list("payment_intents", (looked) => lookAtPayment(run, looked)),
    () => list("refunds", ({ object, at }) => lookAtReversal(run, refundOf(object, at))),
    () => list("disputes", ({ object, at }) => lookAtReversal(run, disputeOf(null, object, at))),
    () => lookAgain(run, bounds),
  ];
  const failures: unknown[] = [];
  for (const part of parts) await part().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
  return found;
}

function unbounded(since: Date): Bounds {
  return { now: since, isOver: () => false, progress: {}, triedBefore: null };
}

async function lookAtPayment(run: Run, { object }: Looked): Promise<void> {
  const { deps, found, asked } = run;
  const payment = parsePayment(object);
  if (!payment || payment.status !== "succeeded" || !isOurs(payment)) return;
  found.payments += 1;
  const lost = asked.restore ? await findLost(deps, payment) : null;
  if (!lost && (await isBooked(deps.db, payment.id))) return;
  found.late.push(payment.id);
  deps.log.count("payment_late", { payment_intent: payment.id });
  const booked = await book(run, payment.id, () => (lost ? restoreLost(deps, payment, lost) : settlePayment(deps, payment, null)));
  if (booked === "quarantined") found.quarantined += 1;
  if (booked === "restored") found.restored.push(payment.id);
}

async function lookAtReversal(run: Run, reversal: Reversal | null): Promise<void> {
  const { deps, found, asked, seen } = run;
  const payment = reversal?.payment ?? "";
  const known = await deps.db.query.selectFrom("top_ups").select("id").where("payment_intent", "=", payment).executeTakeFirst();
  if (!reversal || !known) return;
  found.reversals += 1;
  seen.add(reversal.object);
  if (!(await isKnown(deps.db, reversal))) {
    found.unknown.push(reversal.object);
    const booked = await book(run, reversal.object, () => settleReversal(deps, reversal, null));
    if (booked === "quarantined") found.quarantined += 1;
    if (booked !== "ok") return;
  }
  if (asked.write) await markChecked(deps.db, reversal.object);
}

/** So many one after the other that cannot be looked at: it is not them, but Stripe. */
const FAILED_IN_A_ROW = 5;

async function lookAgain(run: Run, { isOver, triedBefore }: Bounds): Promise<void> {
  const { deps, found, asked, seen } = run;
  let failed = 0;
  for (const watched of await watchedReversals(deps.db, triedBefore)) {
    if (isOver("watched")) return;
    if (seen.has(watched.object_id)) continue;
    try {
      if (asked.write) await markTried(deps.db, watched.object_id);
      const reversal = await askAbout(deps.stripe, watched);
      failed = 0;
      if (reversal) await lookAtReversal(run, reversal);
      else await tellUnknown(run, watched);
    } catch (error) {
      deps.log.error("could not be looked at again", { object: watched.object_id, error: errorName(error) });
      found.failed.push(watched.object_id);
      if ((failed += 1) === FAILED_IN_A_ROW) throw error;
    }
  }
}

async function askAbout(stripe: Stripe, { object_id, kind }: Watched): Promise<Reversal | null> {
  const seen = await stripe.retrieve(kind === "refund" ? "refunds" : "disputes", object_id);
  return seen && (kind === "refund" ? refundOf(seen.object, seen.at) : disputeOf(null, seen.object, seen.at));
}

/** Test data that was deleted, or another account's: it stays as it is, and is told each time. Stripe has answered all the same. */
async function tellUnknown({ deps, found, asked }: Run, { object_id, kind }: Watched): Promise<void> {
  deps.log.error("Stripe does not know it, or says nothing that can be read", { object: object_id, kind });
  found.failed.push(object_id);
  if (asked.write) await markChecked(deps.db, object_id);
}

/** Does what a webhook would have done; null when nothing is to be written, or when it failed. */
async function book<T>({ deps, found, asked }: Run, id: string, booking: () => Promise<T>): Promise<T | null> {
  try {
    if (asked.write) return await booking();
  } catch (error) {
    deps.log.error("could not be booked", { object: id, error: errorName(error) });
    found.failed.push(id); // one that cannot be booked must not keep the others waiting
  }
  return null;
}

function isOurs(payment: Payment): boolean {
  const { kind } = purposeOf(payment);
  return kind === "top_up" || kind === "credits";
}

/** Granted, set aside for an admin, or dismissed by one: nothing is missing. */
async function isBooked(db: Database, payment: string): Promise<boolean> {
  const row = await db.query
    .selectFrom("top_ups")
    .select("status")
    .where("payment_intent", "=", payment)
    .where("status", "in", ["succeeded", "quarantined", "dismissed"])
    .executeTakeFirst();
  return row !== undefined;
}

/** Kept here as far along as it is, or as it was told of since, and applied. */
async function isKnown(db: Database, { object, payment, kind, state, rank, at }: Reversal): Promise<boolean> {
  const row = await db.query
    .selectFrom("reversals")
    .select(["payment_intent", "state", "rank", "told_at"])
    .where("object_id", "=", object)
    .executeTakeFirst();
  if (!row || row.payment_intent !== payment) return false;
  const isAhead = kind === "refund" ? row.rank >= rank : row.state === state || row.told_at > at;
  return isAhead && (await isApplied(db, payment));
}
