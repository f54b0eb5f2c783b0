// Stripe's client for whoever reads a top-up that is not paid yet, as often as they like: about one payment Stripe is asked at most every
// few seconds. What moves money asks the client itself.

import { elapsed, type Clock } from "@pantheon/contract/time.ts";
import type { Looked, Stripe } from "./stripe.ts";

/** How long a container goes by what Stripe said of a payment. */
export const ASKED_AGAIN_AFTER_MS = 3_000;
/** Payments that a container remembers; of more the oldest is forgotten. */
const MAX_REMEMBERED = 1_000;

/**
 * The same client, whose `retrieve` of a payment intent answers what it answered less than ASKED_AGAIN_AFTER_MS ago. A failure is asked
 * about again at once.
 */
export function askedRarely(stripe: Stripe, clock: Clock): Stripe {
  const known = new Map<string, { at: number; seen: Promise<Looked | null> }>();
  return {
    ...stripe,
    retrieve: (what, id) => {
      if (what !== "payment_intents") return stripe.retrieve(what, id);
      const last = known.get(id);
      if (last !== undefined && elapsed(clock, last.at) < ASKED_AGAIN_AFTER_MS) return last.seen;
      const seen = stripe.retrieve(what, id);
      seen.catch(() => known.delete(id));
      known.delete(id); // so that it is the newest again
      known.set(id, { at: clock(), seen });
      const oldest = known.size > MAX_REMEMBERED ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      return seen;
    },
  };
}
