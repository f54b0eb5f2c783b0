// Grants what a payment bought: wallet, ledger row, the top-up's state and the event together. Once per payment, whatever arrives how
// often: the ledger's reference is the payment itself.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";

export type GrantPaymentInput = {
  transaction: string;
  user: string;
  credits: string;
  payment: string;
  livemode: boolean;
  /** The top-up that is paid; an older payment brings none, and gets this row made. */
  topUp: string;
  amountUsd: string;
  /** The event that told of it; null when we asked ourselves. */
  event: string | null;
  type: string;
};

/** Wallet first, by the upsert that adds and locks. A payment that was granted before is 23505 and undoes the whole statement. */
export const grantPayment = prepared<GrantPaymentInput, { balance_after: string }>(
  "grant_payment",
  (p) => sql`
with w as (insert into credit_wallets as x (user_id, balance, seq) values (${p.user}::text, ${p.credits}::numeric, 1)
           on conflict (user_id) do update set balance = x.balance + excluded.balance, seq = x.seq + 1
           returning user_id, balance, seq),
  tx as (insert into credit_transactions (id, user_id, seq, kind, source, amount, balance_after, reference_id, created_at)
         select ${p.transaction}::uuid, w.user_id, w.seq, 'grant', 'top_up', ${p.credits}::numeric, w.balance, ${p.payment}::text, clock_timestamp()
           from w
         returning balance_after),
  r as (insert into top_ups (id, user_id, amount_usd, credits_to_grant, status, payment_intent, livemode)
        select ${p.topUp}::uuid, w.user_id, ${p.amountUsd}::numeric, ${p.credits}::numeric, 'succeeded', ${p.payment}::text, ${p.livemode}::boolean from w
        on conflict (id) do update
          set status = 'succeeded', amount_usd = excluded.amount_usd, credits_to_grant = excluded.credits_to_grant, payment_intent = excluded.payment_intent, livemode = excluded.livemode, slot = null,
              quarantine_reason = null, updated_at = clock_timestamp()),
  e as (insert into stripe_events (id, type, payment_intent, outcome)
        select ${p.event}::text, ${p.type}::text, ${p.payment}::text, 'ok' from w where ${p.event}::text is not null
        on conflict (id) do nothing)
select balance_after from tx`,
);

/** Takes away the row that stands for a payment set aside, when the payment is found to belong to another top-up. It is no money. */
export const releasePayment = prepared<{ payment: string; topUp: string }, { id: string }>(
  "release_payment",
  (p) => sql`
delete from top_ups where payment_intent = ${p.payment}::text and id <> ${p.topUp}::uuid and status = 'quarantined' returning id`,
);

export type QuarantinePaymentInput = Omit<GrantPaymentInput, "transaction"> & { reason: string };

/**
 * Sets a payment aside that does not fit its top-up, with the reason, for an operator. Grants nothing. The top-up itself is marked when
 * it is unpaid and this is its payment; otherwise the payment gets a row of its own (`topUp` is then a new id).
 */
export const quarantinePayment = prepared<QuarantinePaymentInput, { id: string }>(
  "quarantine_payment",
  (p) => sql`
with r as (insert into top_ups as x (id, user_id, amount_usd, credits_to_grant, status, payment_intent, livemode, quarantine_reason)
           values (${p.topUp}::uuid, ${p.user}::text, ${p.amountUsd}::numeric, ${p.credits}::numeric, 'quarantined', ${p.payment}::text, ${p.livemode}::boolean, ${p.reason}::text)
           on conflict (id) do update
             set status = 'quarantined', payment_intent = excluded.payment_intent, livemode = excluded.livemode, quarantine_reason = excluded.quarantine_reason,
                 slot = null, updated_at = clock_timestamp()
             where x.status <> 'succeeded'
           returning id),
  e as (insert into stripe_events (id, type, payment_intent, outcome)
        select ${p.event}::text, ${p.type}::text, ${p.payment}::text, 'quarantined' where ${p.event}::text is not null
        on conflict (id) do nothing)
select id from r`,
);
