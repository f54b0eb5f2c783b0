// An admin's grants: one statement each, with its audit row.

import type { Database } from "../db/database.ts";
import { once, type ActingAdmin, type Answered } from "../audit/once.ts";
import { grantByAdmin as GRANT_BY_ADMIN } from "./statements/grant-by-admin.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";

export type AdminGrant = {
  /** Whose credits they are. */
  readonly wallet: string;
  /** Credits, above zero. */
  readonly amount: Amount;
  readonly note: string | null;
  /** The members of the response beside `new_balance`, from the new transaction's id. */
  readonly answer: (transaction: string) => Readonly<Record<string, string>>;
};

/** Grants credits. Under a key a repeat is answered as the first was; without one every request is a grant of its own. */
export function grantByAdmin(db: Database, by: ActingAdmin, grant: AdminGrant): Promise<Answered> {
  const transaction = newId();
  const body = grant.answer(transaction);
  const { wallet, note } = grant;
  return once(db, by, () => ({
    status: 200,
    body,
    run: (kept) => db.run(GRANT_BY_ADMIN, { ...kept, transaction, wallet, amount: grant.amount.toFixed(), note }),
    errors: WALLET_FULL,
    written: () => withBalance(db, transaction, body),
  }));
}

const NUMERIC_OUT_OF_RANGE = "22003";

/** The refusal of a grant that no wallet can hold, by its SQLSTATE. */
export const WALLET_FULL = {
  [NUMERIC_OUT_OF_RANGE]: (cause: unknown) =>
    new DomainError("invalid_request", "The balance would be larger than a wallet can hold.", { cause }),
};

/** `body` with the `new_balance` that a grant has left, as its ledger row says; null when nothing was granted. */
export async function withBalance(db: Database, transaction: string, body: object): Promise<object | null> {
  const row = await db.query.selectFrom("credit_transactions").select("balance_after").where("id", "=", transaction).executeTakeFirst();
  return row ? { ...body, new_balance: format(amount(row.balance_after)) } : null;
}
