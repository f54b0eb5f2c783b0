// All refunds and disputes, for admins: of whose payment, how far each is, and what it took.

import { sql } from "kysely";
import type * as v from "valibot";
import type { AdminReversal } from "@pantheon/contract/histories.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { List } from "@pantheon/contract/page.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { ReversalKind } from "@pantheon/contract/vocabulary.ts";
import type { Database } from "../db/database.ts";
import { createdWithin, type Days } from "../db/days.ts";
import { listOf } from "../db/list.ts";

export type ReversalRow = {
  id: string;
  payment_intent: string;
  /** Null while no top-up is known for the payment. */
  top_up_id: string | null;
  user_id: string | null;
  livemode: boolean | null;
  kind: ReversalKind;
  state: string;
  amount_minor: string;
  currency: string;
  taken: string;
  created_at: Date;
  updated_at: Date;
};

/** What a total is counted up to. */
const COUNTED = 10_000;

/** Of which kind, of whose payments, told of first on which days; null is any. */
export type ReversalFilter = { readonly kind: ReversalKind | null; readonly user: string | null; readonly days: Days };

/** Refunds and disputes by when they were told of first, newest first. */
export function listReversals({ query }: Pick<Database, "query">, { kind, user, days }: ReversalFilter): List<ReversalRow> {
  const ofUser = sql`payment_intent in (select payment_intent from top_ups where user_id = ${user}::text)`;
  return listOf({
    on: query,
    rows: sql<ReversalRow>`
      select told.object_id collate "C" as id,
             payment_intent,
             top_ups.id as top_up_id,
             top_ups.user_id,
             top_ups.livemode,
             told.kind,
             told.state,
             told.amount_minor,
             told.currency,
             told.taken,
             told.created_at,
             told.updated_at
        from (select *
                from reversals
               where ${createdWithin(days)}
                 and (${kind}::text is null or kind = ${kind}::text)
                 and ${user === null ? sql`true` : ofUser}) as told
        left join top_ups using (payment_intent)`,
    order: [
      ["created_at", "time"],
      ["id", "opaque"],
    ],
    countedTo: COUNTED,
  });
}

/** A refund or dispute as it leaves. */
export function reversalView({ taken, ...row }: ReversalRow): v.InferInput<typeof AdminReversal> {
  return {
    ...row,
    credits_taken: format(amount(taken)),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  };
}
