// Grants what a payment bought: wallet, ledger row, the top-up's state and the event together. Once per payment, whatever arrives how
// often: the ledger's reference is the payment itself.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { boughtEntry, credited, paymentEvent } from "./movement.ts";

export type GrantPaymentInput = {
  transaction: string;
  /** Whose credits they are. */
  wallet: string;
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
  (slot) => sql`
with
  ${credited(slot.wallet, slot.credits)},
  ${boughtEntry(slot, { reference: sql`${slot.payment}::text` })},
  -- The top-up is paid. Its row is read and written under its own lock.
  paid as (
    insert into top_ups as known (id, user_id, amount_usd, credits_to_grant, status, payment_intent, livemode)
    select ${slot.topUp}::uuid, credited.user_id, ${slot.amountUsd}::numeric, ${slot.credits}::numeric,
           'succeeded', ${slot.payment}::text, ${slot.livemode}::boolean
      from credited
    on conflict (id) do update
      set status = 'succeeded',
          amount_usd = excluded.amount_usd,
          credits_to_grant = excluded.credits_to_grant,
          livemode = excluded.livemode,
          -- A row that has another payment by now is left without any, which its CHECK refuses.
          payment_intent =
            case when coalesce(known.payment_intent, excluded.payment_intent) = excluded.payment_intent
                 then excluded.payment_intent end,
          slot = null,
          updated_at = clock_timestamp()
  ),
  ${paymentEvent(slot, "ok", { from: sql`credited` })}
select balance as balance_after from credited`,
);
