// An admin's grants: one statement each, with its audit row.

import type { Database } from "../db/database.ts";
import { keyedWrite, writeOnce, type Answered, type RequestKey } from "../audit/once.ts";
import { adminGrant as grantStatement } from "./statements/grant-by-admin.ts";
import { sqlState } from "../db/unavailable.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";

type ActingAdmin = { readonly admin: string; readonly requestId: string; readonly key: RequestKey | null };

export type AdminGrant = {
  readonly user: string;
  /** Credits, above zero. */
  readonly amount: Amount;
  readonly note: string | null;
  /** The members of the answer beside `new_balance`, from the new transaction's id. */
  readonly answer: (transaction: string) => Readonly<Record<string, string>>;
};

/** Grants credits. Under a key a repeat is answered as the first was; without one every request is a grant of its own. */
export async function grantByAdmin(db: Database, by: ActingAdmin, grant: AdminGrant): Promise<Answered> {
  const transaction = newId();
  const head = `${JSON.stringify(grant.answer(transaction)).slice(0, -1)},`;
  return writeOnce(db, by.admin, by.key, async () => {
    const { admin, requestId, key } = by;
    const { body: _body, ...keyed } = keyedWrite(key, { status: 200, body: "" });
    const input = {
      ...keyed,
      admin,
      requestId,
      transaction,
      user: grant.user,
      amount: grant.amount.toFixed(),
      note: grant.note,
      answer: head,
    };
    const [row] = await db.run(grantStatement, input).catch((error: unknown) => grantedBefore(db, transaction, head, error));
    return { status: 200, body: row?.body ?? "" };
  });
}

const NUMERIC_OUT_OF_RANGE = "22003";

/** After an error the ledger says whether it was granted and only the reply was lost; the error stands when it was not. */
async function grantedBefore(db: Database, transaction: string, head: string, error: unknown): Promise<{ body: string }[]> {
  const row = await db.query.selectFrom("credit_transactions").select("balance_after").where("id", "=", transaction).executeTakeFirst();
  if (!row && sqlState(error) === NUMERIC_OUT_OF_RANGE) {
    throw new DomainError("invalid_request", "The balance would be larger than a wallet can hold.", { cause: error });
  }
  if (!row) throw error;
  return [{ body: `${head}"new_balance":"${format(amount(row.balance_after))}"}` }];
}
