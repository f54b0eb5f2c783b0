// Top-ups that were started and never paid: after a day they are canceled, at Stripe and here, so that they keep no place for ever.

import { abandonTopUp, moveTopUp } from "./statements/top-up.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { parsePayment } from "./payment.ts";
import { settlePayment, type PaymentDeps } from "./book.ts";
import type { Stripe } from "./stripe.ts";

/** Stripe keeps an idempotency key for a day: until then a request may still come back to its row. */
const ABANDONED_AFTER_MS = 25 * 60 * 60 * 1_000;
const ROWS_A_ROUND = 200;

/** Cancels what was abandoned, and grants what turns out to be paid after all. Answers how many rows it closed; one that fails is tried again next time. */
export async function closeAbandoned(deps: PaymentDeps & { readonly stripe: Stripe; readonly clock: Clock }): Promise<number> {
  const rows = await deps.db.query
    .selectFrom("top_ups")
    .select(["id", "payment_intent"])
    .where("slot", "is not", null)
    .where("created_at", "<", new Date(deps.clock() - ABANDONED_AFTER_MS))
    .orderBy("created_at")
    .limit(ROWS_A_ROUND)
    .execute();
  let closed = 0;
  for (const row of rows) {
    try {
      if (row.payment_intent === null) closed += (await deps.db.run(abandonTopUp, { id: row.id })).length;
      else if (await close(deps, row.id, row.payment_intent)) closed += 1;
    } catch (error) {
      deps.log.warn("an abandoned top-up could not be closed", {
        top_up_id: row.id,
        error: error instanceof Error ? error.name : "unknown",
      });
    }
  }
  return closed;
}

async function close(deps: PaymentDeps & { stripe: Stripe; clock: Clock }, id: string, intent: string): Promise<boolean> {
  const known = parsePayment(await deps.stripe.retrieveIntent(intent));
  if (known?.status === "succeeded") return (await settlePayment(deps, known, null)) !== "ignored";
  if (known?.status === "processing") return false; // its money is on the way
  const canceled = known?.status === "canceled" ? known : parsePayment(await deps.stripe.cancelIntent(intent));
  if (canceled?.status !== "canceled") return false;
  await deps.db.run(moveTopUp, { id, payment: intent, status: "canceled", at: new Date(deps.clock()), event: null, type: "" });
  return true;
}
