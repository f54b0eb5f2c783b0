// Grants credits: the wallet (made if it is missing) and its ledger row.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import type { LedgerSource } from "@pantheon/contract/vocabulary.ts";

export type GrantInput = {
  /** The ledger row's id. */
  transaction: string;
  user: string;
  /** Credits, a positive decimal with at most 8 decimals. */
  amount: string;
  source: Exclude<LedgerSource, "turn" | "reversal">;
  /** What this grant is of, once and for ever: a payment intent, or `admin:<transaction id>`. */
  reference: string;
  initiatedBy: string | null;
  note: string | null;
};

/** The upsert adds and locks in one step; a reference that was granted before is 23505 and undoes the whole statement. */
export const grant = prepared<GrantInput, { balance_after: string }>(
  "grant",
  (p) => sql`
with w as (insert into credit_wallets as w (user_id, balance, seq) values (${p.user}::text, ${p.amount}::numeric, 1)
           on conflict (user_id) do update set balance = w.balance + excluded.balance, seq = w.seq + 1
           returning user_id, balance, seq)
insert into credit_transactions (id, user_id, seq, kind, source, amount, balance_after, reference_id, initiated_by, note, created_at)
select ${p.transaction}::uuid, user_id, seq, 'grant', ${p.source}::text, ${p.amount}::numeric, balance, ${p.reference}::text, ${p.initiatedBy}::text,
       ${p.note}::text, clock_timestamp()
  from w
returning balance_after`,
);
