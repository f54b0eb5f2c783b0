// Grants that need two admins: proposed by one, confirmed or dismissed by another. The confirmation books what was proposed, and nothing
// else: who and how much are the proposal's row's.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";
import { finished } from "../../audit/keyed.ts";
import { entry, lockedWallet } from "./movement.ts";

/** `actor` is the admin who proposes. */
export type ProposeGrantInput = AdminWrite & {
  /** The proposal's id, and the ledger row's once it is granted. */
  proposal: string;
  /** Whose credits they would be. */
  wallet: string;
  amount: string;
  note: string | null;
};

/** Keeps a grant for a second admin. The wallet is there; no money moves. A key that was used before is 23505. */
export const proposeGrant = prepared<ProposeGrantInput, { id: string }>(
  "propose_grant",
  (slot) => sql`
with
  -- The grant as it was asked for.
  proposed as (
    insert into grant_proposals (id, user_id, amount, note, proposed_by)
    values (${slot.proposal}::uuid, ${slot.wallet}::text, ${slot.amount}::numeric, ${slot.note}::text,
            ${slot.actor}::text)
    returning id, user_id, amount
  ),
  ${audited(slot, {
    action: "wallet.propose_grant",
    target: sql`proposed.user_id`,
    before: sql`null::jsonb`,
    after: sql`jsonb_build_object(
      'proposal_id', proposed.id::text,
      'amount', trim_scale(proposed.amount)::text,
      'note', ${slot.note}::text)`,
    source: sql`proposed`,
  })}
select id from proposed`,
);

/** `actor` is the second admin. `body` is the response but for `new_balance`. */
export type ConfirmGrantInput = AdminWrite & { proposal: string; /** Whose credits the proposal says they are. */ wallet: string };

/**
 * Books a proposed grant. Wallet first, then the proposal's row, as it is by then. No row: it was resolved meanwhile, or its own admin
 * confirms it, and nothing is done. The ledger row has the proposal's id, so no two confirmations can book it.
 */
export const confirmGrant = prepared<ConfirmGrantInput, { body: string }>(
  "confirm_grant",
  (slot) => sql`
with
  ${lockedWallet(slot.wallet)},
  -- The proposal, closed by somebody else than who made it.
  confirmed as (
    update grant_proposals
       set status = 'granted',
           resolved_by = ${slot.actor}::text,
           resolved_at = clock_timestamp()
      from wallet
     where grant_proposals.id = ${slot.proposal}::uuid
       and grant_proposals.user_id = wallet.user_id
       and grant_proposals.status = 'proposed'
       and grant_proposals.proposed_by <> ${slot.actor}::text
    returning grant_proposals.id, grant_proposals.amount, grant_proposals.note, grant_proposals.proposed_by
  ),
  -- The credits, by the locked row.
  credited as (
    update credit_wallets
       set balance = wallet.balance + confirmed.amount,
           seq = wallet.seq + 1
      from wallet, confirmed
     where credit_wallets.user_id = wallet.user_id
    returning credit_wallets.user_id,
              credit_wallets.balance,
              credit_wallets.seq,
              ${finished(slot.body, "new_balance", sql`trim_scale(credit_wallets.balance)::text`)} as body
  ),
  ${entry({
    id: sql`confirmed.id`,
    user: sql`credited.user_id`,
    seq: sql`credited.seq`,
    kind: "grant",
    source: sql`'admin'`,
    amount: sql`confirmed.amount`,
    balance: sql`credited.balance`,
    reference: sql`'admin:' || confirmed.id::text`,
    initiatedBy: sql`${slot.actor}::text`,
    note: sql`confirmed.note`,
    from: sql`credited, confirmed`,
  })},
  ${audited(slot, {
    action: "wallet.grant",
    target: sql`credited.user_id`,
    before: sql`jsonb_build_object(
      'balance', trim_scale(credited.balance - confirmed.amount)::text)`,
    after: sql`jsonb_build_object(
      'balance', trim_scale(credited.balance)::text,
      'amount', trim_scale(confirmed.amount)::text,
      'transaction_id', confirmed.id::text,
      'proposed_by', confirmed.proposed_by)`,
    source: sql`credited, confirmed`,
    body: sql`credited.body`,
  })}
select body from credited`,
);

/** Closes a proposed grant without booking it; its own admin may, too. No row: it was resolved before. No wallet is touched. */
export const dismissGrant = prepared<AdminWrite & { proposal: string }, { id: string }>(
  "dismiss_grant",
  (slot) => sql`
with
  -- The proposal, if nobody has resolved it by the time that its row is locked.
  dismissed as (
    update grant_proposals
       set status = 'dismissed',
           resolved_by = ${slot.actor}::text,
           resolved_at = clock_timestamp()
     where id = ${slot.proposal}::uuid
       and status = 'proposed'
    returning id, user_id, amount
  ),
  ${audited(slot, {
    action: "wallet.dismiss_grant",
    target: sql`dismissed.user_id`,
    before: sql`jsonb_build_object('status', 'proposed')`,
    after: sql`jsonb_build_object(
      'status', 'dismissed',
      'proposal_id', dismissed.id::text,
      'amount', trim_scale(dismissed.amount)::text)`,
    source: sql`dismissed`,
  })}
select id from dismissed`,
);
