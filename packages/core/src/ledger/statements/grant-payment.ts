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

/**
 * Wallet first, by the upsert that adds and locks. A payment that was granted before is 23505 and undoes the whole statement. So do the
 * CHECKs of the top-up's row when it was set aside or dismissed meanwhile (`top_ups_quarantine`) or has another payment by now
 * (`top_ups_paid`), and its unique payment when another row stands for it: no event takes a payment out of quarantine.
 */
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
  r as (insert into top_ups as x (id, user_id, amount_usd, credits_to_grant, status, payment_intent, livemode)
        select ${p.topUp}::uuid, w.user_id, ${p.amountUsd}::numeric, ${p.credits}::numeric, 'succeeded', ${p.payment}::text, ${p.livemode}::boolean from w
        on conflict (id) do update
          set status = 'succeeded',
              amount_usd = excluded.amount_usd,
              credits_to_grant = excluded.credits_to_grant,
              livemode = excluded.livemode,
              -- A row that has another payment by now is left without any, which its CHECK refuses.
              payment_intent = case when coalesce(x.payment_intent, excluded.payment_intent) = excluded.payment_intent
                                    then excluded.payment_intent end,
              slot = null,
              updated_at = clock_timestamp()),
  e as (insert into stripe_events (id, type, payment_intent, outcome)
        select ${p.event}::text, ${p.type}::text, ${p.payment}::text, 'ok' from w where ${p.event}::text is not null
        on conflict (id) do nothing)
select balance_after from tx`,
);
