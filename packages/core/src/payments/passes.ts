// Going through a list of Stripe's in bounded time: a run that is cut off says how far it came, the next one goes on from there, and what
// is covered never has a gap, however long nobody looked.

import * as v from "valibot";
import type { Looked, Stripe, StripeKind } from "./stripe.ts";

const Iso = v.pipe(v.string(), v.isoTimestamp());

/** Everything made before `covered` was looked at. A pass that was cut off began at `began` and has come down to `downTo`. */
const Place = v.object({ covered: Iso, began: v.optional(Iso), downTo: v.optional(Iso) });

const Progress = v.object({ payment_intents: v.optional(Place), refunds: v.optional(Place), disputes: v.optional(Place) });

/** Where the passes stand, by list. Written as they go on. */
export type Progress = Partial<Record<StripeKind, v.InferOutput<typeof Place>>>;

/** Reads what an earlier run left; nothing for what cannot be read, since a pass may begin anew at any time. */
export function parseProgress(stored: unknown): Progress {
  const parsed = v.safeParse(Progress, stored);
  if (!parsed.success) return {};
  const { payment_intents, refunds, disputes } = parsed.output;
  return { ...(payment_intents && { payment_intents }), ...(refunds && { refunds }), ...(disputes && { disputes }) };
}

/** Objects that appear in Stripe's list after younger ones did. */
const OVERLAP_MS = 60 * 60 * 1_000;

type Pass = {
  /** At least so far back. */
  readonly since: Date;
  readonly now: Date;
  readonly progress: Progress;
  readonly isOver: () => boolean;
};

/**
 * Hands every object made since `since` to `look`, or since the end of the last whole pass if that is longer ago, newest first; goes on
 * with a pass that was cut off. Ends early when `isOver`. Throws what Stripe or `look` throws; the progress is kept then too.
 */
export async function pass(stripe: Stripe, what: StripeKind, run: Pass, look: (looked: Looked) => Promise<void>): Promise<void> {
  const { progress, since, now, isOver } = run;
  const place = (progress[what] ??= { covered: since.toISOString() });
  const began = (place.began ??= now.toISOString());
  const from = new Date(Math.min(since.getTime(), Date.parse(place.covered) - OVERLAP_MS));
  const until = place.downTo === undefined ? {} : { until: new Date(place.downTo) };
  for await (const looked of stripe.list(what, { since: from, ...until })) {
    if (isOver()) return;
    await look(looked);
    const made = v.safeParse(Made, looked.object);
    if (made.success) place.downTo = new Date(made.output.created * 1_000).toISOString();
  }
  progress[what] = { covered: began };
}

const Made = v.object({ created: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(253_402_300_799)) });
