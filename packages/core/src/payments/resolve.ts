// How an admin takes a payment out of quarantine: grants it to somebody under its own reference, or dismisses it. There is no other way.

import { sql } from "kysely";
import type * as v from "valibot";
import type { ResolvedTopUp } from "@pantheon/contract/admin.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { once, type ActingAdmin, type WrittenResponse, type Write } from "../audit/once.ts";
import {
  dismissAside as DISMISS_ASIDE,
  grantAside as GRANT_ASIDE,
  makeWallet as MAKE_WALLET,
} from "../ledger/statements/resolve-payment.ts";
import { SECOND_ADMIN, WALLET_FULL, withBalance } from "../ledger/grant.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import { creditsFor, receivedUsd } from "./payment.ts";
import { applyToWallet } from "./reversal.ts";

export type ResolveDeps = { readonly db: Database; readonly config: Config };

export type Resolution =
  /** `credits` and `user` where the row's own do not fit. */
  | { readonly action: "grant"; readonly note: string; readonly credits: Amount | null; readonly user: string | null }
  | { readonly action: "dismiss"; readonly note: string };

/** How a resolution meets the payment being told of again since it was looked at. */
const TOLD_AGAIN = {
  tries: 5,
  refusal: () => new DomainError("conflict", "This payment is being told of again. Please look at it, and try again.", { retryAfter: 1 }),
};

/**
 * Resolves a payment in quarantine, once. Responds with the closed row. 404 for an unknown top-up, 409 for one that is not in quarantine,
 * 422 when a grant lacks a figure or the wallet cannot hold it. Refunds and disputes that came before the grant are taken back after it.
 */
export async function resolveTopUp(deps: ResolveDeps, by: ActingAdmin, id: string, resolution: Resolution): Promise<WrittenResponse> {
  const answered = await once(deps.db, by, async () => {
    const row = await findAside(deps.db, id);
    if (!row) throw new DomainError("not_found", "Top-up not found.");
    if (row.status !== "quarantined" || row.payment_intent === null) {
      throw new DomainError("conflict", "This top-up is not in quarantine.");
    }
    const aside = { ...row, payment: row.payment_intent };
    return resolution.action === "dismiss" ? dismissal(deps, by, aside, resolution.note) : grant(deps, aside, resolution);
  });
  const { payment_intent: payment } = (await findAside(deps.db, id)) ?? {};
  if (resolution.action === "grant" && payment) await applyToWallet(deps.db, payment, null); // a replay completes what died here
  return answered;
}

type Resolving = Write<ActingAdmin, { readonly id?: string; readonly body?: string }>;

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

function dismissal({ db }: ResolveDeps, { actor, key }: ActingAdmin, row: Aside, note: string): Resolving {
  const nothing = { credits_granted: null, transaction_id: null, new_balance: null };
  const { id, user_id, seen, payment: payment_intent } = row;
  const body: v.InferInput<typeof ResolvedTopUp> = { id, status: "dismissed", user_id, payment_intent, ...nothing };
  return {
    status: 200,
    body,
    run: (kept) => db.run(DISMISS_ASIDE, { ...kept, topUp: id, note, seen }),
    moved: TOLD_AGAIN,
    written: async () => {
      const now = key === null ? await findAside(db, id) : undefined; // under a key its row decides
      return now?.status === "dismissed" && now.resolved_by === actor && now.resolution_note === note ? body : null;
    },
  };
}

type GrantAsked = Extract<Resolution, { action: "grant" }>;

function grant({ db, config }: ResolveDeps, row: Aside, asked: GrantAsked): Resolving {
  const { user, credits, own, paid } = termsOf(row, asked, config.usdPerCredit);
  const transaction = newId();
  const body: Omit<v.InferInput<typeof ResolvedTopUp>, "new_balance"> = {
    id: row.id,
    status: "succeeded",
    user_id: user,
    payment_intent: row.payment,
    credits_granted: format(credits),
    transaction_id: transaction,
  };
  const most = config.grantSumPerDay?.toFixed() ?? null;
  const terms = { wallet: user, credits: format(credits), own, most, amountUsd: paid === null ? row.amount_usd : format(paid) };
  return {
    status: 200,
    body,
    run: async (kept) => {
      await db.run(MAKE_WALLET, { wallet: user });
      return db.run(GRANT_ASIDE, { ...kept, ...terms, transaction, topUp: row.id, note: asked.note, seen: row.seen });
    },
    moved: TOLD_AGAIN,
    errors: { ...WALLET_FULL, ...SECOND_ADMIN },
    written: () => withBalance(db, transaction, body),
  };
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
  const own = bought === null || credits.gt(bought); // below it nothing is granted that was not paid for
  return { user, credits, own, paid };
}
