// A top-up's own row: begun before the payment provider is asked, tied to its payment afterwards, moved by events. Moves no money.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import type { TopUpState } from "@pantheon/contract/vocabulary.ts";

export type StartTopUpInput = {
  id: string;
  user: string;
  amountUsd: string;
  credits: string;
  key: string | null;
  requestHash: string | null;
  /** How many unpaid top-ups a user may have. */
  slots: number;
};

/**
 * Takes the lowest free slot. No row: all slots are taken. Two requests that saw the same free slot end in 23505 on `top_ups_open_slot`,
 * a key that was used before in 23505 on `top_ups_key`.
 */
export const startTopUp = prepared<StartTopUpInput, { id: string }>(
  "start_top_up",
  (p) => sql`
insert into top_ups (id, user_id, amount_usd, credits_to_grant, slot, idempotency_key, request_hash)
select ${p.id}::uuid, ${p.user}::text, ${p.amountUsd}::numeric, ${p.credits}::numeric, free.slot, ${p.key}::text, ${p.requestHash}::text
  from (select s.slot from generate_series(1, ${p.slots}::int) as s (slot)
         where not exists (select from top_ups t where t.user_id = ${p.user}::text and t.slot = s.slot)
         order by s.slot limit 1) as free
returning id`,
);

export type AttachPaymentInput = { id: string; payment: string; livemode: boolean; body: string };

/** Ties the row to its payment and finishes the answer with the state it is in: an event may have come first. No row: it has another payment. */
export const attachPayment = prepared<AttachPaymentInput, { response_body: string }>(
  "attach_payment",
  (p) => sql`
update top_ups
   set payment_intent = ${p.payment}::text, livemode = ${p.livemode}::boolean, updated_at = clock_timestamp(),
       status = case when status = 'created' then 'pending' else status end,
       response_body = coalesce(response_body, ${p.body}::text || '"status":"' || case when status = 'created' then 'pending' else status end || '"}')
 where id = ${p.id}::uuid and (payment_intent is null or payment_intent = ${p.payment}::text)
returning response_body`,
);

export type MoveTopUpInput = {
  id: string;
  payment: string;
  status: Extract<TopUpState, "processing" | "failed" | "canceled">;
  /** When this became so, by the provider's clock: an older event never overwrites a newer one. */
  at: Date;
  event: string | null;
  type: string;
};

/** Moves an unpaid top-up's state, and keeps the event. A paid or quarantined one stays as it is. */
export const moveTopUp = prepared<MoveTopUpInput, { moved: boolean }>(
  "move_top_up",
  (p) => sql`
with m as (update top_ups
              set status = ${p.status}::text, state_at = ${p.at}::timestamptz, updated_at = clock_timestamp(),
                  payment_intent = coalesce(payment_intent, ${p.payment}::text),
                  slot = case when ${p.status}::text = 'canceled' then null else slot end
            where id = ${p.id}::uuid and status in ('created', 'pending', 'processing', 'failed') and state_at <= ${p.at}::timestamptz
              and (payment_intent is null or payment_intent = ${p.payment}::text)
           returning id),
  e as (insert into stripe_events (id, type, payment_intent, outcome)
        select ${p.event}::text, ${p.type}::text, ${p.payment}::text, 'ok' where ${p.event}::text is not null
        on conflict (id) do nothing)
select exists (select from m) as moved`,
);

/** Gives an unpaid top-up up that has no payment, and with it its place. No row: it has a payment by now, or is settled. */
export const abandonTopUp = prepared<{ id: string }, { id: string }>(
  "abandon_top_up",
  (p) => sql`
update top_ups set status = 'canceled', slot = null, updated_at = clock_timestamp()
 where id = ${p.id}::uuid and status = 'created' and payment_intent is null returning id`,
);
