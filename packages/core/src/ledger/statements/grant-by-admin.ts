// An operator's grant: wallet, ledger row, audit row and key row together. The wallet is made if it is missing.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";

export type AdminGrantInput = Omit<AdminWrite, "body"> & {
  /** The ledger row's id; its reference is `admin:<id>`, so no caller's key can take a payment's place. */
  transaction: string;
  user: string;
  amount: string;
  note: string | null;
  /** The answer's JSON up to the balance: `{…,` without the closing brace. */
  answer: string;
};

/** Wallet first, by the upsert that adds and locks. A key that was used before is 23505 and undoes all of it. */
export const adminGrant = prepared<AdminGrantInput, { body: string }>(
  "admin_grant",
  (p) => sql`
with w as (insert into credit_wallets as x (user_id, balance, seq) values (${p.user}::text, ${p.amount}::numeric, 1)
           on conflict (user_id) do update set balance = x.balance + excluded.balance, seq = x.seq + 1
           returning user_id, balance, seq, ${p.answer}::text || '"new_balance":"' || trim_scale(balance)::text || '"}' as body),
  tx as (insert into credit_transactions (id, user_id, seq, kind, source, amount, balance_after, reference_id, initiated_by, note, created_at)
         select ${p.transaction}::uuid, w.user_id, w.seq, 'grant', 'admin', ${p.amount}::numeric, w.balance, 'admin:' || ${p.transaction}::text,
                ${p.admin}::text, ${p.note}::text, clock_timestamp() from w),
  ${audited(
    { admin: p.admin, requestId: p.requestId, key: p.key, requestHash: p.requestHash, status: p.status, body: sql`w.body` },
    {
      action: "wallet.grant",
      target: sql`w.user_id`,
      before: sql`jsonb_build_object('balance', trim_scale(w.balance - ${p.amount}::numeric)::text)`,
      after: sql`jsonb_build_object('balance', trim_scale(w.balance)::text, 'amount', trim_scale(${p.amount}::numeric)::text, 'transaction_id', ${p.transaction}::text)`,
      source: sql`w`,
    },
  )}
select body from w`,
);
