// A top-up's own row: begun before the payment provider is asked, tied to its payment afterwards, moved by events. Moves no money.

import { sql, type RawBuilder } from "kysely";
import { prepared } from "../../db/prepared.ts";
import type { TopUpState } from "@pantheon/contract/vocabulary.ts";
import { paymentEvent } from "../../ledger/statements/movement.ts";

export type StartTopUpInput = {
  id: string;
  /** Whose top-up it is: its place, its credits and its key. */
  wallet: string;
  amountUsd: string;
  credits: string;
  usdPerCredit: string;
  key: string | null;
  requestHash: string | null;
  /** How many unpaid top-ups a wallet may have. */
  slots: number;
};

/**
 * Takes the lowest free slot. No row: all slots are taken. Two requests that saw the same free slot end in 23505 on `top_ups_open_slot`,
 * a key that was used before in 23505 on `top_ups_key`.
 */
export const startTopUp = prepared<StartTopUpInput, { id: string }>(
  "start_top_up",
  (slot) => sql`
insert into top_ups (id, user_id, amount_usd, credits_to_grant, usd_per_credit, slot, idempotency_key,
                     request_hash)
select ${slot.id}::uuid, ${slot.wallet}::text, ${slot.amountUsd}::numeric, ${slot.credits}::numeric,
       ${slot.usdPerCredit}::numeric, free.slot, ${slot.key}::text, ${slot.requestHash}::text
  from (select place.slot
          from generate_series(1, ${slot.slots}::int) as place (slot)
         where not exists (select
                             from top_ups unpaid
                            where unpaid.user_id = ${slot.wallet}::text
                              and unpaid.slot = place.slot)
         order by place.slot
         limit 1) as free
returning id`,
);

export type AttachPaymentInput = {
  id: string;
  payment: string;
  livemode: boolean;
  /** The response up to its status: as it is while the top-up can be paid, and once it is canceled. */
  body: string;
  canceledBody: string;
};

/**
 * Ties the row to its payment and finishes the response with the state it is in: an event may have come first. A row that was given up
 * meanwhile takes the payment as one that is to be canceled, and nobody is told its secret. No row: it has another payment.
 */
export const attachPayment = prepared<AttachPaymentInput, { response_body: string }>(
  "attach_payment",
  (slot) => sql`
update top_ups
   set payment_intent = ${slot.payment}::text,
       livemode = ${slot.livemode}::boolean,
       updated_at = clock_timestamp(),
       status = case when status = 'created' then 'pending' else status end,
       cancel_due = cancel_due or (status = 'canceled' and payment_intent is null),
       response_body = coalesce(
         response_body,
         case when status = 'canceled' then ${slot.canceledBody}::text else ${slot.body}::text end
         || '"status":"' || case when status = 'created' then 'pending' else status end || '"}')
 where id = ${slot.id}::uuid
   and (payment_intent is null or payment_intent = ${slot.payment}::text)
returning response_body`,
);

export type MoveTopUpInput = {
  id: string;
  payment: string;
  status: Extract<TopUpState, "pending" | "processing" | "failed" | "canceled">;
  /** When this became so, by Stripe's clock and to its second: an older event never overwrites a newer one. */
  at: Date;
  event: string | null;
  type: string;
};

/** Which of two states of one second came later, as far as that can be known. */
const order = (status: RawBuilder<unknown>) =>
  sql`case ${status} when 'processing' then 1 when 'failed' then 2 when 'canceled' then 3 else 0 end`;

/**
 * Moves an unpaid top-up's state, and keeps the event. The later state by Stripe's second wins, of one second the one further on. What is
 * canceled at Stripe stays so, so that wins whenever it was told. A paid or quarantined top-up stays as it is.
 */
export const moveTopUp = prepared<MoveTopUpInput, { moved: boolean }>(
  "move_top_up",
  (slot) => sql`
with
  -- The row, by the state that it has once it is locked.
  moved as (
    update top_ups
       set status = ${slot.status}::text,
           state_at = date_trunc('second', ${slot.at}::timestamptz),
           updated_at = clock_timestamp(),
           payment_intent = coalesce(payment_intent, ${slot.payment}::text),
           slot = case when ${slot.status}::text = 'canceled' then null else slot end,
           cancel_due = cancel_due and ${slot.status}::text <> 'canceled'
     where id = ${slot.id}::uuid
       and (payment_intent is null or payment_intent = ${slot.payment}::text)
       and (status in ('created', 'pending', 'processing', 'failed')
            or (status = 'canceled' and cancel_due and ${slot.status}::text = 'canceled'))
       and (${slot.status}::text = 'canceled'
            or (date_trunc('second', state_at), ${order(sql`status`)})
               < (date_trunc('second', ${slot.at}::timestamptz), ${order(sql`${slot.status}::text`)}))
    returning id
  ),
  ${paymentEvent(slot, "ok")}
select exists (select from moved) as moved`,
);

/** Gives an unpaid top-up up that has no payment, and with it its place. No row: it has a payment by now, or is settled. */
export const abandonTopUp = prepared<{ id: string }, { id: string }>(
  "abandon_top_up",
  (slot) => sql`
update top_ups
   set status = 'canceled',
       slot = null,
       updated_at = clock_timestamp()
 where id = ${slot.id}::uuid
   and status = 'created'
   and payment_intent is null
returning id`,
);
