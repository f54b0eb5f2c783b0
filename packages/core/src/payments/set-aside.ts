// Refunds and disputes that took nothing because their figure is not in the currency of their payment: somebody has to decide. No
// invariant: the ledger closes without them.

import { sql } from "kysely";
import type * as v from "valibot";
import type { SetAsideReversal as Shape } from "@pantheon/contract/reports.ts";
import { PAID_CURRENCY } from "../ledger/statements/reversal-target.ts";
import type { Database } from "../db/database.ts";

export type SetAsideReversal = v.InferInput<typeof Shape>;

const SHOWN = 100;

/** The newest hundred, and how many there are. */
export async function readSetAside(db: Database): Promise<{ total: number; newest: SetAsideReversal[] }> {
  const { rows } = await sql<SetAsideReversal & { total: string }>`
    select r.object_id, r.payment_intent, t.user_id, r.kind, r.state, r.amount_minor, r.currency, count(*) over () as total
      from reversals r
      join top_ups t using (payment_intent)
     where r.currency <> ${PAID_CURRENCY}
     order by r.created_at desc, r.object_id
     limit ${SHOWN}::int`.execute(db.report);
  return { total: Number(rows[0]?.total ?? 0), newest: rows.map(({ total: _total, ...row }) => row) };
}
