// What admins book by hand: grants, and what they take back. One statement each, with its audit row.

import type { Database } from "../db/database.ts";
import { constraintOf } from "../db/unavailable.ts";
import { once, type ActingAdmin, type WrittenResponse } from "../audit/once.ts";
import { deductByAdmin as DEDUCT_BY_ADMIN } from "./statements/deduct-by-admin.ts";
import { ABOVE_DAY } from "./statements/granted-alone.ts";
import { grantByAdmin as GRANT_BY_ADMIN } from "./statements/grant-by-admin.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import { walletOf } from "./wallet.ts";

/** The members of the response beside `new_balance`, from the new transaction's id. */
type Head = (transaction: string) => Readonly<Record<string, string>>;

export type AdminGrant = {
  /** Whose credits they are. */
  readonly wallet: string;
  /** Credits, above zero. */
  readonly amount: Amount;
  readonly note: string | null;
  /** Also to somebody who was never here and has no wallet; otherwise that is 404. */
  readonly create: boolean;
  /** Credits that this admin may grant alone on a day; null: any. */
  readonly most: Amount | null;
  readonly answer: Head;
};

export type AdminDeduction = {
  /** Whose credits they are. */
  readonly wallet: string;
  /** Credits, above zero. */
  readonly amount: Amount;
  readonly note: string;
  /** Also when less is available; otherwise that is 409. */
  readonly allowNegative: boolean;
  readonly answer: Head;
};

/**
 * Grants credits. Under a key a repeat is answered as the first was; without one every request is a grant of its own. 409
 * `second_admin_required` above what one admin may grant alone on a day.
 */
export function grantAlone(db: Database, by: ActingAdmin, { answer, most, ...grant }: AdminGrant): Promise<WrittenResponse> {
  const transaction = newId();
  const body = answer(transaction);
  return once(db, by, () => ({
    status: 200,
    body,
    run: (kept) =>
      db.run(GRANT_BY_ADMIN, { ...kept, ...grant, transaction, amount: grant.amount.toFixed(), most: most?.toFixed() ?? null }),
    refusal: (row) => {
      if (row) return null;
      return new DomainError("not_found", "User not found. To grant to somebody who was never here, send `create`: true.");
    },
    errors: { ...WALLET_FULL, ...SECOND_ADMIN },
    written: () => withBalance(db, transaction, body),
  }));
}

/**
 * Takes credits back. Not more than is available (balance − held), unless that is allowed: what running turns hold stays theirs. Under a
 * key a repeat is answered as the first was. 404 without a wallet.
 */
export function deductByAdmin(db: Database, by: ActingAdmin, { answer, ...deduction }: AdminDeduction): Promise<WrittenResponse> {
  const transaction = newId();
  const body = answer(transaction);
  return once(db, by, () => ({
    status: 200,
    body,
    run: (kept) => db.run(DEDUCT_BY_ADMIN, { ...kept, ...deduction, transaction, amount: deduction.amount.toFixed() }),
    refusal: (row) => {
      if (!row) return new DomainError("not_found", "Wallet not found.");
      if (row.body !== null) return null;
      const available = format(walletOf(row).available);
      return new DomainError("conflict", `Credits available: ${available}. To take more, send \`allow_negative\`: true.`);
    },
    errors: WALLET_FULL,
    written: () => withBalance(db, transaction, body),
  }));
}

const NUMERIC_OUT_OF_RANGE = "22003";

/** The refusal of what no wallet can hold, by its SQLSTATE. */
export const WALLET_FULL = {
  [NUMERIC_OUT_OF_RANGE]: (cause: unknown) =>
    new DomainError("invalid_request", "The balance would be larger than a wallet can hold.", { cause }),
};

const CHECK_VIOLATION = "23514";

/** The refusal of what one admin may not grant alone, by its SQLSTATE: the row of their day has refused the whole statement. */
export const SECOND_ADMIN = {
  [CHECK_VIOLATION]: (cause: unknown) =>
    constraintOf(cause) === ABOVE_DAY
      ? new DomainError("second_admin_required", "This is more than one admin may grant alone on a day.", { cause })
      : null,
};

/** `body` with the `new_balance` that a transaction has left, as its ledger row says; null when nothing was booked. */
export async function withBalance(db: Database, transaction: string, body: object): Promise<object | null> {
  const row = await db.query.selectFrom("credit_transactions").select("balance_after").where("id", "=", transaction).executeTakeFirst();
  return row ? { ...body, new_balance: format(amount(row.balance_after)) } : null;
}
