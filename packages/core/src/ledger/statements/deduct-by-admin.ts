// An admin's deduction: wallet, ledger row, audit row and key row together. No wallet is made for it.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";
import { entry, lockedWallet } from "./movement.ts";

export type AdminDeductInput = Omit<AdminWrite, "body"> & {
  /** The ledger row's id; its reference is `admin:<id>`, so it is no turn's debit. */
  transaction: string;
  user: string;
  /** Credits, above zero. */
  amount: string;
  note: string;
  /** Take it also when less is available. */
  allowNegative: boolean;
  /** The response's JSON up to the balance: `{…,` without the closing brace. */
  answer: string;
};

/** The wallet as it was under its lock; `body` is null when it has not got so much. */
export type AdminDeductRow = { readonly balance: string; readonly held: string; readonly body: string | null };

/**
 * Wallet first. What running turns hold is not available, so a deduction never takes what a turn that was admitted is going to cost.
 * No row: there is no such wallet. A key that was used before is 23505 and undoes all of it.
 */
export const adminDeduct = prepared<AdminDeductInput, AdminDeductRow>(
  "admin_deduct",
  (slot) => sql`
with
  ${lockedWallet(slot.user)},
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
              ${slot.answer}::text
                || '"new_balance":"' || trim_scale(credit_wallets.balance)::text || '"}' as body
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
    initiatedBy: sql`${slot.admin}::text`,
    note: sql`${slot.note}::text`,
    from: sql`debited`,
  })},
  ${audited(
    {
      admin: slot.admin,
      requestId: slot.requestId,
      key: slot.key,
      requestHash: slot.requestHash,
      status: slot.status,
      body: sql`debited.body`,
    },
    {
      action: "wallet.deduct",
      target: sql`debited.user_id`,
      before: sql`jsonb_build_object(
        'balance', trim_scale(debited.balance + ${slot.amount}::numeric)::text)`,
      after: sql`jsonb_build_object(
        'balance', trim_scale(debited.balance)::text,
        'amount', trim_scale(${slot.amount}::numeric)::text,
        'transaction_id', ${slot.transaction}::text)`,
      source: sql`debited`,
    },
  )}
select wallet.balance, wallet.held, debited.body
  from wallet
       left join debited on true`,
);
