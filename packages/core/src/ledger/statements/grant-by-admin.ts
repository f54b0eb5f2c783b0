// An admin's grant: wallet, ledger row, audit row and key row together. The wallet of somebody known is made if it is missing.

import { sql, type RawBuilder } from "kysely";
import { prepared, type Slots } from "../../db/prepared.ts";
import { grantedAlone, type GrantedAloneSlots } from "./granted-alone.ts";
import { credited, entry } from "./movement.ts";
import { audited, type AdminWrite } from "../../audit/audited.ts";
import { finished } from "../../audit/keyed.ts";

/** `actor` is the admin. `body` is the response but for `new_balance`. */
export type GrantByAdminInput = AdminWrite &
  GrantedAloneSlots & {
    /** The ledger row's id; its reference is `admin:<id>`, so no caller's key can take a payment's place. */
    transaction: string;
    /** Whose credits they are. */
    wallet: string;
    amount: string;
    note: string | null;
    /** Grant also to somebody who was never here and has no wallet. */
    create: boolean;
  };

/**
 * Wallet first, by the upsert that adds and locks. No row: nobody of that id was ever here, so it may be a mistyped one. A key that was
 * used before is 23505 and undoes all of it; so does 23514 on ABOVE_DAY, where the admin may not grant so much alone.
 */
export const grantByAdmin = prepared<GrantByAdminInput, { body: string }>(
  "admin_grant",
  (slot) => sql`
with
  ${credited(slot.wallet, slot.amount, { answer: bodyOf(slot), when: isKnown(slot) })},
  ${grantedAlone(slot, { credits: sql`${slot.amount}`, from: sql`credited` })},
  ${entry({
    id: sql`${slot.transaction}::uuid`,
    user: sql`credited.user_id`,
    seq: sql`credited.seq`,
    kind: "grant",
    source: sql`'admin'`,
    amount: sql`${slot.amount}::numeric`,
    balance: sql`credited.balance`,
    reference: sql`'admin:' || ${slot.transaction}::text`,
    initiatedBy: sql`${slot.actor}::text`,
    note: sql`${slot.note}::text`,
    from: sql`credited`,
  })},
  ${audited(slot, {
    action: "wallet.grant",
    target: sql`credited.user_id`,
    before: sql`jsonb_build_object(
      'balance', trim_scale(credited.balance - ${slot.amount}::numeric)::text)`,
    after: sql`jsonb_build_object(
      'balance', trim_scale(credited.balance)::text,
      'amount', trim_scale(${slot.amount}::numeric)::text,
      'transaction_id', ${slot.transaction}::text)`,
    source: sql`credited`,
    body: sql`credited.body`,
  })}
select body from credited`,
);

/** The response's body, which only the locked wallet can finish. */
function bodyOf(slot: Slots<GrantByAdminInput>): RawBuilder<unknown> {
  return sql`,
              ${finished(slot.body, "new_balance", sql`trim_scale(balance)::text`)} as body`;
}

/** Of this statement's snapshot: neither a person nor a wallet ever goes away. */
function isKnown(slot: Slots<GrantByAdminInput>): RawBuilder<unknown> {
  return sql`${slot.create}::boolean
        or exists (select from users where id = ${slot.wallet}::text)
        or exists (select from credit_wallets where user_id = ${slot.wallet}::text)`;
}
