// What admins book by hand: grants, and what they take back. One statement each, with its audit row.

import type { Database } from "../db/database.ts";
import { keyedWrite, writeOnce, type Answered, type RequestKey } from "../audit/once.ts";
import { adminDeduct } from "./statements/deduct-by-admin.ts";
import { adminGrant } from "./statements/grant-by-admin.ts";
import { sqlState } from "../db/unavailable.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import { walletOf } from "./wallet.ts";

type ActingAdmin = { readonly admin: string; readonly requestId: string; readonly key: RequestKey | null };

/** The members of the response beside `new_balance`, from the new transaction's id. */
type Head = (transaction: string) => Readonly<Record<string, string>>;

export type AdminGrant = {
  readonly user: string;
  /** Credits, above zero. */
  readonly amount: Amount;
  readonly note: string | null;
  /** Also to somebody who was never here and has no wallet; otherwise that is 404. */
  readonly create: boolean;
  readonly answer: Head;
};

export type AdminDeduction = {
  readonly user: string;
  /** Credits, above zero. */
  readonly amount: Amount;
  readonly note: string;
  /** Also when less is available; otherwise that is 409. */
  readonly allowNegative: boolean;
  readonly answer: Head;
};

/** Grants credits. Under a key a repeat is answered as the first was; without one every request is a grant of its own. */
export function grantByAdmin(db: Database, by: ActingAdmin, grant: AdminGrant): Promise<Answered> {
  const run = (slots: Slots) => db.run(adminGrant, { ...slots, note: grant.note, create: grant.create });
  return bookOnce(db, by, grant, run, () => {
    return new DomainError("not_found", "User not found. To grant to somebody who was never here, send `create`: true.");
  });
}

/**
 * Takes credits back. Not more than is available (balance − held), unless that is allowed: what running turns hold stays theirs. Under a
 * key a repeat is answered as the first was. 404 without a wallet.
 */
export function deductByAdmin(db: Database, by: ActingAdmin, deduction: AdminDeduction): Promise<Answered> {
  const run = (slots: Slots) => db.run(adminDeduct, { ...slots, note: deduction.note, allowNegative: deduction.allowNegative });
  return bookOnce(db, by, deduction, run, (wallet) => {
    if (!wallet) return new DomainError("not_found", "Wallet not found.");
    const available = format(walletOf(wallet).available);
    return new DomainError("conflict", `Credits available: ${available}. To take more, send \`allow_negative\`: true.`);
  });
}

/** The slots that both statements have. */
type Slots = {
  key: string | null;
  requestHash: string | null;
  status: number;
  admin: string;
  requestId: string;
  transaction: string;
  user: string;
  amount: string;
  answer: string;
};

/** Runs a statement once under the admin's key. A row without a body, or none, is refused; a reply that was lost is read from the ledger. */
function bookOnce<Row extends { readonly body: string | null }>(
  db: Database,
  { admin, requestId, key }: ActingAdmin,
  asked: { readonly user: string; readonly amount: Amount; readonly answer: Head },
  run: (slots: Slots) => Promise<Row[]>,
  refusal: (row: Row | undefined) => DomainError,
): Promise<Answered> {
  const transaction = newId();
  const answer = `${JSON.stringify(asked.answer(transaction)).slice(0, -1)},`;
  return writeOnce(db, admin, key, async () => {
    const { body: _body, ...keyed } = keyedWrite(key, { status: 200, body: "" });
    const slots = { ...keyed, admin, requestId, transaction, user: asked.user, amount: asked.amount.toFixed(), answer };
    const lost = (error: unknown) => bookedBefore(db, transaction, answer, error);
    const body = await run(slots).then(([row]) => row?.body ?? refusal(row), lost);
    if (body instanceof DomainError) throw body;
    return { status: 200, body };
  });
}

const NUMERIC_OUT_OF_RANGE = "22003";

/** After an error the ledger says whether it was booked and only the reply was lost; the error stands when it was not. */
async function bookedBefore(db: Database, transaction: string, head: string, error: unknown): Promise<string> {
  const row = await db.query.selectFrom("credit_transactions").select("balance_after").where("id", "=", transaction).executeTakeFirst();
  if (!row && sqlState(error) === NUMERIC_OUT_OF_RANGE) {
    throw new DomainError("invalid_request", "The balance would be larger than a wallet can hold.", { cause: error });
  }
  if (!row) throw error;
  return `${head}"new_balance":"${format(amount(row.balance_after))}"}`;
}
