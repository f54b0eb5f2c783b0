// An admin's resolution of a payment in quarantine: granted to somebody, or dismissed. The row is closed, the audit written and the key
// taken in the statement that does it.

import { sql, type RawBuilder } from "kysely";
import { prepared, type Slots } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";
import { finished } from "../../audit/keyed.ts";
import { grantedAlone, type GrantedAloneSlots } from "./granted-alone.ts";
import { boughtEntry, lockedWallet } from "./movement.ts";
import { keyOf } from "./quarantine-payment.ts";

/** Makes a wallet for whoever has none, so that it can be locked. Moves no money. */
export const makeWallet = prepared<{ wallet: string }, never>(
  "make_wallet",
  (slot) => sql<never>`insert into credit_wallets (user_id) values (${slot.wallet}::text) on conflict (user_id) do nothing`,
);

type Resolution = {
  topUp: string;
  note: string;
  /** The row's `updated_at` as it was read: another one was not decided upon. */ seen: string;
};

/** `actor` is the admin. `body` is the response but for `new_balance`. */
export type GrantAsideInput = AdminWrite &
  GrantedAloneSlots &
  Resolution & {
    /** The credits are the admin's own figure, and not what the payment bought: they count as granted by this admin. */
    own: boolean;
    /** The ledger row's id. Its reference is the payment, so no event can grant it again. */
    transaction: string;
    /** Whose credits they will be. */
    wallet: string;
    credits: string;
    /** What was paid, in USD; for another currency what the row says. */
    amountUsd: string;
  };

/**
 * Grants a payment that was set aside. Wallet first, then the payment's row, as it is by then. No row: it was resolved or told of again
 * meanwhile, and nothing is done. A payment that was granted before, or a key that was used before, is 23505 and undoes all of it; so does
 * 23514 on ABOVE_DAY.
 */
export const grantAside = prepared<GrantAsideInput, { body: string }>(
  "grant_aside",
  (slot) => sql`
with
  ${lockedWallet(slot.wallet)},
  -- The payment, as it is and not as it was.
  aside as (
    select known.*
      from top_ups known, wallet
     where known.id = ${slot.topUp}::uuid
       and known.status = 'quarantined'
       and known.updated_at = ${slot.seen}::timestamptz
       for update of known
  ),
  -- The credits, by the locked row.
  credited as (
    update credit_wallets
       set balance = wallet.balance + ${slot.credits}::numeric,
           seq = wallet.seq + 1
      from wallet, aside
     where credit_wallets.user_id = wallet.user_id
    returning credit_wallets.user_id,
              credit_wallets.balance,
              credit_wallets.seq,
              ${finished(slot.body, "new_balance", sql`trim_scale(credit_wallets.balance)::text`)} as body
  ),
  ${grantedAlone(slot, { credits: sql`${slot.credits}`, from: sql`credited where ${slot.own}::boolean` })},
  ${boughtEntry(slot, {
    reference: sql`aside.payment_intent`,
    initiatedBy: sql`${slot.actor}::text`,
    from: sql`credited, aside`,
  })},
  -- The row is now of the person who got the credits, and of nobody else.
  closed as (
    update top_ups
       set status = 'succeeded',
           user_id = credited.user_id,
           credits_to_grant = ${slot.credits}::numeric,
           amount_usd = ${slot.amountUsd}::numeric,
           ${keyOf(sql`credited.user_id`)},
           resolution = 'grant',
           resolved_by = ${slot.actor}::text,
           resolved_at = clock_timestamp(),
           resolution_note = ${slot.note}::text,
           updated_at = clock_timestamp()
      from credited, aside
     where top_ups.id = aside.id
  ),
  ${grantAudited(slot)}
select body from credited`,
);

/** The audit of a grant: the row before, and what was granted of it. */
function grantAudited(slot: Slots<GrantAsideInput>): RawBuilder<unknown> {
  return audited(slot, {
    action: "top_up.grant",
    target: sql`aside.id::text`,
    before: sql`${shown(sql`aside`)}
        || jsonb_build_object('balance', trim_scale(credited.balance - ${slot.credits}::numeric)::text)`,
    after: sql`jsonb_build_object(
        'status', 'succeeded',
        'user_id', credited.user_id,
        'payment_intent', aside.payment_intent,
        'credits', trim_scale(${slot.credits}::numeric)::text,
        'transaction_id', ${slot.transaction}::text,
        'balance', trim_scale(credited.balance)::text,
        'note', ${slot.note}::text)`,
    source: sql`credited, aside`,
    body: sql`credited.body`,
  });
}

/**
 * Dismisses a payment that was set aside: nothing is granted, whatever is told of it later. No row: it was resolved or told of again
 * meanwhile. A key that was used before is 23505 and undoes all of it.
 */
export const dismissAside = prepared<AdminWrite & Resolution, { id: string }>(
  "dismiss_aside",
  (slot) => sql`
with
  -- The payment, as it is once its row is locked. No wallet is touched.
  aside as (
    select *
      from top_ups
     where id = ${slot.topUp}::uuid
       and status = 'quarantined'
       and updated_at = ${slot.seen}::timestamptz
       for update
  ),
  -- The row is closed for good.
  closed as (
    update top_ups
       set status = 'dismissed',
           resolution = 'dismiss',
           resolved_by = ${slot.actor}::text,
           resolved_at = clock_timestamp(),
           resolution_note = ${slot.note}::text,
           updated_at = clock_timestamp()
      from aside
     where top_ups.id = aside.id
    returning top_ups.id
  ),
  ${audited(slot, {
    action: "top_up.dismiss",
    target: sql`aside.id::text`,
    before: shown(sql`aside`),
    after: sql`jsonb_build_object(
      'status', 'dismissed',
      'user_id', aside.user_id,
      'payment_intent', aside.payment_intent,
      'note', ${slot.note}::text)`,
    source: sql`aside`,
  })}
select id from closed`,
);

/** What an admin saw of it before. */
function shown(row: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`jsonb_build_object(
        'status', ${row}.status,
        'user_id', ${row}.user_id,
        'reason', ${row}.quarantine_reason,
        'received_minor', ${row}.received_minor,
        'received_currency', ${row}.received_currency)`;
}
