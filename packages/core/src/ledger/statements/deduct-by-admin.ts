// An admin's deduction: wallet, ledger row, audit row and key row together. No wallet is made for it.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";
import { finished } from "../../audit/keyed.ts";
import { entry, lockedWallet } from "./movement.ts";

/** `actor` is the admin. `body` is the response but for `new_balance`. */
export type DeductByAdminInput = AdminWrite & {
  /** The ledger row's id; its reference is `admin:<id>`, so it is no turn's debit. */
  transaction: string;
  /** Whose credits they are. */
  wallet: string;
  /** Credits, above zero. */
  amount: string;
  note: string;
  /** Take it also when less is available. */
  allowNegative: boolean;
};

/** The wallet as it was under its lock; `body` is null when it has not got so much. */
export type DeductByAdminRow = { readonly balance: string; readonly held: string; readonly body: string | null };

/**
 * Wallet first. What running turns hold is not available, so a deduction never takes what a turn that was admitted is going to cost.
 * No row: there is no such wallet. A key that was used before is 23505 and undoes all of it.
 */
export const deductByAdmin = prepared<DeductByAdminInput, DeductByAdminRow>(
  "admin_deduct",
  (slot) => sql`
with
  ${lockedWallet(slot.wallet)},
  -- The credits, by the locked row, if they are there or need not be.
  debited as (
    update credit_wallets
       set balance = wallet.balance - ${slot.amount}::numeric,
           seq = wallet.seq + 1
      from wallet
     where credit_wallets.user_id = wallet.user_id
       and (${slot.allowNegative}::boolean or wallet.balance - wallet.held >= ${slot.amount}::numeric)
    returning credit_wallets.user_id,
              credit_wallets.balance,
              credit_wallets.seq,
              ${finished(slot.body, "new_balance", sql`trim_scale(credit_wallets.balance)::text`)} as body
  ),
  ${entry({
    id: sql`${slot.transaction}::uuid`,
    user: sql`debited.user_id`,
    seq: sql`debited.seq`,
    kind: "debit",
    source: sql`'admin'`,
    amount: sql`-${slot.amount}::numeric`,
    balance: sql`debited.balance`,
    reference: sql`'admin:' || ${slot.transaction}::text`,
    initiatedBy: sql`${slot.actor}::text`,
    note: sql`${slot.note}::text`,
    from: sql`debited`,
  })},
  ${audited(slot, {
    action: "wallet.deduct",
    target: sql`debited.user_id`,
    before: sql`jsonb_build_object(
      'balance', trim_scale(debited.balance + ${slot.amount}::numeric)::text)`,
    after: sql`jsonb_build_object(
      'balance', trim_scale(debited.balance)::text,
      'amount', trim_scale(${slot.amount}::numeric)::text,
      'transaction_id', ${slot.transaction}::text)`,
    source: sql`debited`,
    body: sql`debited.body`,
  })}
select wallet.balance, wallet.held, debited.body
  from wallet
       left join debited on true`,
);
