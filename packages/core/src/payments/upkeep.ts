// What a schedule does about payments, in bounded time: what webhooks lost is booked, and what nobody paid for a day is closed.

import type { Clock } from "@pantheon/contract/time.ts";
import { closeAbandoned } from "./abandon.ts";
import type { PaymentDeps } from "./book.ts";
import { parseProgress } from "./passes.ts";
import { reconcile, type Part, type Reconciled } from "./reconcile.ts";
import type { Stripe } from "./stripe.ts";

type UpkeepDeps = PaymentDeps & { readonly stripe: Stripe; readonly clock: Clock };

/** A run of it. */
export type Round = {
  /** When it began, in milliseconds on the clock of `deps`. */
  readonly began: number;
  /** True once so many milliseconds of the run are over. */
  readonly isOver: (ms: number) => boolean;
  /** By when its last part ends, in the same count. */
  readonly endsWithinMs: number;
  /** How far the last run came, as it was stored. */
  readonly stored: unknown;
  /** Is given how far this one comes: the object is written as the run goes on, also of one that fails. */
  readonly keep: (progress: object) => void;
};

/** How far back a reconciliation looks at least: Stripe itself gives up on a webhook after three days. */
const LOOK_BACK_MS = 4 * 24 * 60 * 60 * 1_000;
/** How often Stripe is asked about the same refund or dispute. */
const ASK_AGAIN_AFTER_MS = 6 * 60 * 60 * 1_000;

/**
 * When each part of a reconciliation ends, counted from its begin: none waits for another that is slow. One question that Stripe leaves
 * unanswered takes half a minute more.
 */
const ENDS_MS = { payment_intents: 90_000, refunds: 120_000, disputes: 150_000, watched: 195_000 } as const satisfies Record<Part, number>;

/** Reconciles with Stripe and closes what was abandoned; returns what it found, as counts. Throws the first failure, after both were tried. */
export async function keepUp(deps: UpkeepDeps, round: Round): Promise<Readonly<Record<string, number>>> {
  const { began, isOver, endsWithinMs } = round;
  const progress = parseProgress(round.stored);
  round.keep(progress);
  const bounds = {
    now: new Date(began),
    isOver: (part: Part) => isOver(ENDS_MS[part]),
    progress,
    triedBefore: new Date(began - ASK_AGAIN_AFTER_MS),
  };
  const failures: unknown[] = [];
  const since = new Date(began - LOOK_BACK_MS);
  const found = await reconcile(deps, since, { write: true }, bounds).catch((error: unknown) => void failures.push(error));
  // Also when that failed: a list that cannot be read must not keep anybody's places.
  const closing = await closeAbandoned(deps, () => isOver(endsWithinMs));
  if (!found) throw failures[0];
  return { ...countsOf(found), ...closing };
}

function countsOf({ payments, late, reversals, unknown, quarantined, failed }: Reconciled): Readonly<Record<string, number>> {
  return { payments, late: late.length, reversals, unknown: unknown.length, quarantined, failed: failed.length };
}
