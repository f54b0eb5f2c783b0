// How an admin takes a payment out of quarantine: grants it to somebody under its own reference, or dismisses it. There is no other way.

import { sql } from "kysely";
import type * as v from "valibot";
import type { ResolvedTopUp } from "@pantheon/contract/admin.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { keyedWrite, writeOnce, type Answered, type RequestKey, type StoredAnswer } from "../audit/once.ts";
import { dismissAside, grantAside, makeWallet } from "../ledger/statements/resolve-payment.ts";
import { sqlState } from "../db/unavailable.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import { creditsFor, receivedUsd } from "./payment.ts";
import { applyToWallet } from "./reversal.ts";

export type ResolveDeps = { readonly db: Database; readonly config: Config };

type Admin = { readonly admin: string; readonly requestId: string; readonly key: RequestKey | null };

export type Resolution =
  /** `credits` and `user` where the row's own do not fit. */
  | { readonly action: "grant"; readonly note: string; readonly credits: Amount | null; readonly user: string | null }
  | { readonly action: "dismiss"; readonly note: string };

/** Deciding again after the payment was told of again in between. */
const TRIES = 5;
const NUMERIC_OUT_OF_RANGE = "22003";

/**
 * Resolves a payment in quarantine, once. Responds with the closed row. 404 for an unknown top-up, 409 for one that is not in quarantine,
 * 422 when a grant lacks a figure or the wallet cannot hold it. Refunds and disputes that came before the grant are taken back after it.
 */
export async function resolveTopUp(deps: ResolveDeps, admin: Admin, id: string, resolution: Resolution): Promise<Answered> {
  const answered = await writeOnce(deps.db, admin.admin, admin.key, () => resolveOnce(deps, admin, id, resolution));
  const { payment_intent: payment } = (await findAside(deps.db, id)) ?? {};
  if (resolution.action === "grant" && payment) await applyToWallet(deps.db, payment, null); // a replay completes what died here
  return answered;
}

async function resolveOnce(deps: ResolveDeps, admin: Admin, id: string, resolution: Resolution): Promise<StoredAnswer> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = await findAside(deps.db, id);
    if (!row) throw new DomainError("not_found", "Top-up not found.");
    if (row.status !== "quarantined" || row.payment_intent === null) {
      throw new DomainError("conflict", "This top-up is not in quarantine.");
    }
    const aside = { ...row, payment: row.payment_intent };
    const done =
      resolution.action === "dismiss" ? await dismiss(deps, admin, aside, resolution.note) : await grant(deps, admin, aside, resolution);
    if (done) return done;
  }
  throw new DomainError("conflict", "This payment is being told of again. Please look at it, and try again.", { retryAfter: 1 });
}

type Row = NonNullable<Awaited<ReturnType<typeof findAside>>>;
type Aside = Row & { readonly payment: string };

function findAside(db: Database, id: string) {
  return db.query
    .selectFrom("top_ups")
    .select(["id", "user_id", "status", "payment_intent", "amount_usd", "credits_to_grant", "received_minor", "received_currency"])
    .select(["resolved_by", "resolution_note", sql<string>`updated_at::text`.as("seen")])
    .where("id", "=", id)
    .executeTakeFirst();
}

async function dismiss({ db }: ResolveDeps, admin: Admin, row: Aside, note: string): Promise<StoredAnswer | null> {
  const nothing = { credits_granted: null, transaction_id: null, new_balance: null };
  const { id, user_id, payment: payment_intent } = row;
  const resolved: v.InferInput<typeof ResolvedTopUp> = { id, status: "dismissed", user_id, payment_intent, ...nothing };
  const answer = { status: 200, body: JSON.stringify(resolved) };
  const input = { ...keyedWrite(admin.key, answer), admin: admin.admin, requestId: admin.requestId, topUp: row.id, note, seen: row.seen };
  const rows = await db.run(dismissAside, input).catch(async (error: unknown) => {
    const now = admin.key === null ? await findAside(db, row.id) : undefined; // under a key its row decides
    if (now?.status !== "dismissed" || now.resolved_by !== admin.admin || now.resolution_note !== note) throw error;
    return [{ id: row.id }];
  });
  return rows.length > 0 ? answer : null;
}

type GrantAsked = Extract<Resolution, { action: "grant" }>;

async function grant({ db, config }: ResolveDeps, admin: Admin, row: Aside, asked: GrantAsked): Promise<StoredAnswer | null> {
  const { user, credits, paid } = termsOf(row, asked, config.usdPerCredit);
  const transaction = newId();
  const figures = { credits_granted: format(credits), transaction_id: transaction };
  const shown: Omit<v.InferInput<typeof ResolvedTopUp>, "new_balance"> = {
    id: row.id,
    status: "succeeded",
    user_id: user,
    payment_intent: row.payment,
    ...figures,
  };
  const head = `${JSON.stringify(shown).slice(0, -1)},`;
  const { body: _body, ...keyed } = keyedWrite(admin.key, { status: 200, body: "" });
  await db.run(makeWallet, { user });
  const input = { ...keyed, admin: admin.admin, requestId: admin.requestId, topUp: row.id, note: asked.note, seen: row.seen };
  const terms = { transaction, user, credits: format(credits), amountUsd: paid === null ? row.amount_usd : format(paid), answer: head };
  const [done] = await db.run(grantAside, { ...input, ...terms }).catch((error: unknown) => grantedBefore(db, transaction, head, error));
  return done ? { status: 200, body: done.body } : null;
}

/** Whom to grant what: as the admin says, else the row's person, and what the dollars that were received buy. */
function termsOf(row: Row, asked: GrantAsked, usdPerCredit: Amount) {
  const received = row.received_minor === null ? null : Number(row.received_minor);
  const paid = receivedUsd({ amount_received: received, currency: row.received_currency });
  const isAsAgreed = paid !== null && paid.eq(amount(row.amount_usd)) && !amount(row.credits_to_grant).eq(amount("0"));
  const bought = paid === null ? null : isAsAgreed ? amount(row.credits_to_grant) : creditsFor(paid, usdPerCredit);
  const credits = asked.credits ?? bought;
  const user = asked.user ?? row.user_id;
  const missing = [
    ...(user === "" ? [{ path: "user_id", message: "must be given: the payment names nobody" }] : []),
    ...(credits === null || credits.eq(amount("0"))
      ? [{ path: "credits", message: "must be given: the payment does not say what it buys" }]
      : []),
  ];
  if (credits === null || missing.length > 0)
    throw new DomainError("invalid_request", missing.map(({ message }) => message).join("; "), { errors: missing });
  return { user, credits, paid };
}

/** After an error the ledger says whether it was granted and only the reply was lost; the error stands when it was not. */
async function grantedBefore(db: Database, transaction: string, head: string, error: unknown): Promise<{ body: string }[]> {
  const row = await db.query.selectFrom("credit_transactions").select("balance_after").where("id", "=", transaction).executeTakeFirst();
  if (row) return [{ body: `${head}"new_balance":"${format(amount(row.balance_after))}"}` }];
  if (sqlState(error) !== NUMERIC_OUT_OF_RANGE) throw error;
  throw new DomainError("invalid_request", "The balance would be larger than a wallet can hold.", { cause: error });
}
