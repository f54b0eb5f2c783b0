// Books a payment whose top-up is gone with the moments that a restored database lost. Only the reconciliation does this, when it is told to.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { boughtEntry, credited } from "./movement.ts";

export type RestorePaymentInput = {
  transaction: string;
  /** Whose credits they are. */
  wallet: string;
  credits: string;
  /** The id that the top-up had, as the payment names it. */
  topUp: string;
  amountUsd: string;
  payment: string;
  livemode: boolean;
  /** Why a payment of a lost top-up was set aside, if it came first: that one alone is taken out again. */
  reason: string;
};

/**
 * Grants, and makes the top-up again, marked as restored; a row that was set aside for want of it becomes it. Wallet first, by the upsert
 * that adds and locks. 23505 undoes all of it: the payment was granted, has another row that waits for an admin or was dismissed, or the
 * top-up is there after all.
 */
export const restorePayment = prepared<RestorePaymentInput, { balance_after: string }>(
  "restore_payment",
  (slot) => sql`
with
  ${credited(slot.wallet, slot.credits)},
  ${boughtEntry(slot, { reference: sql`${slot.payment}::text` })},
  -- What webhooks set aside before the reconciliation was run.
  aside as (
    update top_ups
       set id = ${slot.topUp}::uuid,
           user_id = credited.user_id,
           status = 'succeeded',
           amount_usd = ${slot.amountUsd}::numeric,
           credits_to_grant = ${slot.credits}::numeric,
           resolution = 'restore',
           resolved_at = clock_timestamp(),
           updated_at = clock_timestamp()
      from credited
     where payment_intent = ${slot.payment}::text
       and status = 'quarantined'
       and quarantine_reason = ${slot.reason}::text
    returning top_ups.id
  ),
  -- Without such a row the top-up is made again. One that is there after all is a unique violation.
  made as (
    insert into top_ups (id, user_id, amount_usd, credits_to_grant, status, payment_intent, livemode,
                         resolution, resolved_at)
    select ${slot.topUp}::uuid, user_id, ${slot.amountUsd}::numeric, ${slot.credits}::numeric, 'succeeded',
           ${slot.payment}::text, ${slot.livemode}::boolean, 'restore', clock_timestamp()
      from credited
     where not exists (select from aside)
  )
select balance as balance_after from credited`,
);
