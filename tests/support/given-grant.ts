// Credits that a test is given: the wallet and its ledger row, made of the parts that the product's grants are made of. No admin's grant:
// that would have an audit row.

import { sql } from "kysely";
import { newId } from "@pantheon/contract/id.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { prepared } from "@pantheon/core/db/prepared.ts";
import { credited, entry } from "@pantheon/core/ledger/statements/movement.ts";

const grant = prepared<{ transaction: string; user: string; amount: string }, never>(
  "given_grant",
  (slot) => sql<never>`
with
  ${credited(slot.user, slot.amount)},
  ${entry({
    id: sql`${slot.transaction}::uuid`,
    user: sql`credited.user_id`,
    seq: sql`credited.seq`,
    kind: "grant",
    source: sql`'promo'`,
    amount: sql`${slot.amount}::numeric`,
    balance: sql`credited.balance`,
    reference: sql`'promo:' || ${slot.transaction}::text`,
    initiatedBy: sql`'operator'`,
    from: sql`credited`,
  })}
select from credited`,
);

/** Grants `amount` credits to `user`. */
export async function givenGrant(db: Database, user: string, amount: string): Promise<void> {
  await db.run(grant, { transaction: newId(), user, amount });
}
