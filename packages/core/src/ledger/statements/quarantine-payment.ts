// Sets payments aside that do not fit their top-up, for an admin, and keeps what the payment provider says of them while they wait.
// Moves no money. How they leave stands in resolve-payment.ts, and in restore-payment.ts.

import { sql, type RawBuilder } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { paymentEvent } from "./movement.ts";

/** What the payment provider said was received: minor units, and the currency's letters. Null: it did not say. */
export type Received = { receivedMinor: number | null; receivedCurrency: string | null };

export type QuarantinePaymentInput = Received & {
  /** The top-up's own row, when this is its payment or it has none; else a new id. */
  topUp: string;
  /** Whose wallet it would go to; nobody's is empty. */
  wallet: string;
  amountUsd: string;
  credits: string;
  payment: string;
  livemode: boolean;
  reason: string;
  /** The event that told of it; null when we asked ourselves. */
  event: string | null;
  type: string;
};

/**
 * Sets a payment aside with the reason; one that stands there already gets the newer reason. No row: the top-up was paid, dismissed or
 * tied to another payment meanwhile. 23505 on `top_ups_payment_intent`: another row stands for this payment.
 */
export const quarantinePayment = prepared<QuarantinePaymentInput, { id: string }>(
  "quarantine_payment",
  (slot) => sql`
with
  -- The payment's row, made or met under its lock: as it is by then, and not as it was.
  aside as (
    insert into top_ups as known (id, user_id, amount_usd, credits_to_grant, status, payment_intent, livemode,
                                  quarantine_reason, received_minor, received_currency)
    values (${slot.topUp}::uuid, ${slot.wallet}::text, ${slot.amountUsd}::numeric, ${slot.credits}::numeric,
            'quarantined', ${slot.payment}::text, ${slot.livemode}::boolean, ${slot.reason}::text,
            ${slot.receivedMinor}::bigint, ${slot.receivedCurrency}::text)
    on conflict (id) do update
      set status = 'quarantined',
          payment_intent = excluded.payment_intent,
          livemode = excluded.livemode,
          quarantine_reason = excluded.quarantine_reason,
          received_minor = excluded.received_minor,
          received_currency = excluded.received_currency,
          slot = null,
          updated_at = clock_timestamp()
      where known.status not in ('succeeded', 'dismissed')
        and (known.payment_intent is null or known.payment_intent = excluded.payment_intent)
    returning id
  ),
  ${paymentEvent(slot, "quarantined", { from: sql`aside` })}
select id from aside`,
);

/**
 * A payment in quarantine that was repaired and fits by now: it stays there, and is shown for the person, the amount and the credits that
 * it fits. A key of its former person stays behind, since it is theirs. No row: it was resolved meanwhile.
 */
export const refitPayment = prepared<Omit<QuarantinePaymentInput, "topUp" | "livemode">, { id: string }>(
  "refit_payment",
  (slot) => sql`
with
  -- The payment's row, if it still waits for an admin.
  aside as (
    update top_ups
       set user_id = ${slot.wallet}::text,
           amount_usd = ${slot.amountUsd}::numeric,
           credits_to_grant = ${slot.credits}::numeric,
           quarantine_reason = ${slot.reason}::text,
           received_minor = ${slot.receivedMinor}::bigint,
           received_currency = ${slot.receivedCurrency}::text,
           ${keyOf(sql`${slot.wallet}::text`)},
           updated_at = clock_timestamp()
     where payment_intent = ${slot.payment}::text
       and status = 'quarantined'
    returning id
  ),
  ${paymentEvent(slot, "quarantined", { from: sql`aside` })}
select id from aside`,
);

/** A row that goes to somebody else leaves its key, and what the key is answered with, which names a client secret. */
export function keyOf(wallet: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`idempotency_key = case when top_ups.user_id = ${wallet} then top_ups.idempotency_key end,
           request_hash = case when top_ups.user_id = ${wallet} then top_ups.request_hash end,
           response_body = case when top_ups.user_id = ${wallet} then top_ups.response_body end`;
}
