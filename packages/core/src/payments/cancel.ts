// Canceling an unpaid top-up: its payment at Stripe first, then our row, so that nobody can pay what we have given up. What was paid
// meanwhile is granted instead. Loaded when somebody cancels.

import { DomainError } from "@pantheon/contract/error.ts";
import { settlePayment } from "./book.ts";
import type { CheckoutDeps } from "./checkout.ts";
import { findOwnTopUp, type TopUpRow } from "./own-top-ups.ts";
import { parsePayment } from "./payment.ts";
import { abandonTopUp, moveTopUp } from "./statements/top-up.ts";
import { isRefusal, type Looked, type Stripe } from "./stripe.ts";

/** Reading the row again after it changed meanwhile: each time an event or the request that began it has moved it on. */
const TRIES = 3;

/**
 * Cancels this wallet's top-up and frees its place; returns the row, the same for one that is canceled already. 409 for one that was
 * paid, is being paid or was set aside; 404 for one of somebody else. 503 when Stripe cannot be asked: then the row stays as it was, and
 * the same request may be sent again.
 */
export async function cancelTopUp(deps: CheckoutDeps, wallet: string, id: string): Promise<TopUpRow> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = await findOwnTopUp(deps, wallet, id);
    if (row.status === "canceled") return row;
    if (!UNPAID.has(row.status)) throw notCancelable(row.status);
    if (row.payment_intent === null) await deps.db.run(abandonTopUp, { id });
    else await cancelPayment(deps, { id, payment: row.payment_intent });
  }
  throw new DomainError("conflict", "This top-up is changing. Please try again.", { retryAfter: 1 });
}

const UNPAID: ReadonlySet<string> = new Set(["created", "pending", "processing", "failed"]);

function notCancelable(status: string): DomainError {
  const why = status === "succeeded" ? "This top-up was paid, and its credits were granted." : "This payment was set aside for an admin.";
  return new DomainError("conflict", why);
}

/**
 * Cancels at Stripe and then here, or grants what was paid. Stripe decides: when it will not cancel what could just be canceled, it was
 * paid in between, and nothing is done until it was looked at again.
 */
async function cancelPayment(deps: CheckoutDeps, { id, payment }: { id: string; payment: string }): Promise<void> {
  if (!deps.stripe) throw new DomainError("not_configured", "payment not configured");
  const seen = await told(deps, id, deps.stripe.retrieve("payment_intents", payment));
  const known = parsePayment(seen?.object);
  if (known?.status === "succeeded") {
    await settlePayment(deps, known, null);
    return;
  }
  if (known?.status === "processing") throw new DomainError("conflict", "This top-up is being paid. It cannot be canceled any more.");
  const last = seen && known?.status !== "canceled" ? await told(deps, id, canceled(deps.stripe, payment)) : seen;
  if (last === "refused") return;
  // A payment that Stripe does not know (another account's, the other mode's) can never be paid here: that is an end too.
  const at = last?.at ?? new Date(deps.clock());
  await deps.db.run(moveTopUp, { id, payment, status: "canceled", at, event: null, type: "" });
}

function canceled(stripe: Stripe, payment: string): Promise<Looked | "refused" | null> {
  return stripe.cancelIntent(payment).catch((error: unknown) => {
    if (isRefusal(error)) return "refused";
    throw error;
  });
}

const RETRY_AFTER_SECONDS = 5;

/** What Stripe says; 503 when it does not. */
async function told<Said>({ log }: CheckoutDeps, id: string, asking: Promise<Said>): Promise<Said> {
  try {
    return await asking;
  } catch (error) {
    log.warn("a top-up could not be canceled at Stripe", { top_up_id: id, error: error instanceof Error ? error.name : "unknown" });
    const extras = { retryAfter: RETRY_AFTER_SECONDS, cause: error };
    throw new DomainError("payment_unavailable", "The payment provider is away. Nothing was changed.", extras);
  }
}
