// Books a payment whose top-up is gone with the moments that a restored database lost. Only the reconciliation does this, when it is told to.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type RestorePaymentInput = {
  transaction: string;
  user: string;
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
  wallet as (
    insert into credit_wallets as known (user_id, balance, seq) values (${slot.user}::text, ${slot.credits}::numeric, 1)
    on conflict (user_id) do update set balance = known.balance + excluded.balance, seq = known.seq + 1
    returning user_id, balance, seq
  ),
  entry as (
    insert into credit_transactions (id, user_id, seq, kind, source, amount, balance_after, reference_id, created_at)
    select ${slot.transaction}::uuid, user_id, seq, 'grant', 'top_up', ${slot.credits}::numeric, balance, ${slot.payment}::text,
           clock_timestamp()
      from wallet
    returning balance_after
  ),
  -- What webhooks set aside before the reconciliation was run.
  aside as (
    update top_ups
       set id = ${slot.topUp}::uuid,
           user_id = wallet.user_id,
           status = 'succeeded',
           amount_usd = ${slot.amountUsd}::numeric,
           credits_to_grant = ${slot.credits}::numeric,
           resolution = 'restore',
           resolved_at = clock_timestamp(),
           updated_at = clock_timestamp()
      from wallet
     where payment_intent = ${slot.payment}::text
       and status = 'quarantined'
       and quarantine_reason = ${slot.reason}::text
    returning top_ups.id
  ),
  made as (
    insert into top_ups (id, user_id, amount_usd, credits_to_grant, status, payment_intent, livemode, resolution, resolved_at)
    select ${slot.topUp}::uuid, user_id, ${slot.amountUsd}::numeric, ${slot.credits}::numeric, 'succeeded', ${slot.payment}::text,
           ${slot.livemode}::boolean, 'restore', clock_timestamp()
      from wallet
     where not exists (select from aside)
  )
select balance_after from entry`,
);
