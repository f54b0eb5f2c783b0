// Top-ups that were started and never paid: after a day they are canceled, at Stripe and here, so that they keep no place for ever.

import { abandonTopUp, moveTopUp } from "./statements/top-up.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { parsePayment } from "./payment.ts";
import { settlePayment, type PaymentDeps } from "./book.ts";
import type { Stripe } from "./stripe.ts";

/** Stripe keeps an idempotency key for a day: until then a request may still come back to its row. */
const ABANDONED_AFTER_MS = 25 * 60 * 60 * 1_000;
const ROWS_A_ROUND = 200;

type AbandonDeps = PaymentDeps & { readonly stripe: Stripe; readonly clock: Clock };

type Row = { id: string; payment_intent: string | null };

/**
 * Cancels what was abandoned, and grants what turns out to be paid after all; begins no row when `isOver`. Returns how many
 * rows it closed, and how many it could not look at. The row that was tried longest ago comes first, and one that fails
 * goes behind the others, so that no row waits for another for ever.
 */
export async function closeAbandoned(
  deps: AbandonDeps,
  isOver: () => boolean = () => false,
): Promise<{ closed: number; unclosed: number }> {
  let [closed, unclosed] = [0, 0];
  for (const row of await due(deps)) {
    if (isOver()) break;
    try {
      await deps.db.query
        .updateTable("top_ups")
        .set({ tried_at: new Date(deps.clock()) })
        .where("id", "=", row.id)
        .execute();
      if (await close(deps, row)) closed += 1;
    } catch (error) {
      unclosed += 1;
      deps.log.warn("an abandoned top-up could not be closed", {
        top_up_id: row.id,
        error: error instanceof Error ? error.name : "unknown",
      });
    }
  }
  return { closed, unclosed };
}

/** Those that hold a place for longer than a day, and those that were given up before their payment was known. */
function due({ db, clock }: AbandonDeps): Promise<Row[]> {
  const startedBefore = new Date(clock() - ABANDONED_AFTER_MS);
  return db.query
    .selectFrom("top_ups")
    .select(["id", "payment_intent"])
    .where((row) =>
      row.or([
        row.and([row("slot", "is not", null), row("created_at", "<", startedBefore)]),
        row.and([row("cancel_due", "=", true), row("status", "=", "canceled")]),
      ]),
    )
    .orderBy("tried_at")
    .orderBy("id")
    .limit(ROWS_A_ROUND)
    .execute();
}

async function close(deps: AbandonDeps, { id, payment_intent: intent }: Row): Promise<boolean> {
  if (intent === null) return (await deps.db.run(abandonTopUp, { id })).length > 0;
  const seen = await deps.stripe.retrieve("payment_intents", intent);
  const known = parsePayment(seen?.object);
  if (known?.status === "succeeded") return (await settlePayment(deps, known, null)) !== "ignored";
  if (known?.status === "processing") return false; // its money is on the way
  const last = seen && known?.status !== "canceled" ? await deps.stripe.cancelIntent(intent) : seen;
  if (last && parsePayment(last.object)?.status !== "canceled") return false;
  // A payment that Stripe does not know (another account's, the other mode's) can never be paid here: that is an end too.
  const at = last?.at ?? new Date(deps.clock());
  const [row] = await deps.db.run(moveTopUp, { id, payment: intent, status: "canceled", at, event: null, type: "" });
  return row?.moved === true;
}
