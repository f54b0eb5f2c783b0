// Whose turns began without enough credits: whom enforcement would have refused. Read from the daily rollup.

import { sql } from "kysely";
import type * as v from "valibot";
import { amount, format } from "@pantheon/contract/money.ts";
import type { List } from "@pantheon/contract/page.ts";
import type { WouldRefuseList } from "@pantheon/contract/reports.ts";
import type { Database } from "../db/database.ts";
import { dayWithin, type Days } from "../db/days.ts";
import { listOf } from "../db/list.ts";

export type WouldRefuseRow = { user_id: string; refused: string; calls: string; balance: string };

/** People with a turn on these days that enforcement would have refused, with their balance of now; who would be refused most comes first. */
export function listWouldRefuse(db: Database, days: Days): List<WouldRefuseRow> {
  return listOf({
    on: db.report,
    rows: sql<WouldRefuseRow>`
      select user_id collate "C" as user_id,
             sum(refused)::bigint as refused,
             sum(calls)::bigint as calls,
             coalesce((select balance from credit_wallets where credit_wallets.user_id = usage_daily.user_id), 0) as balance
        from usage_daily
       where ${dayWithin(days)}
       group by usage_daily.user_id
      having sum(refused) > 0`,
    order: [
      ["refused", "bigint"],
      ["user_id", "opaque"],
    ],
  });
}

/** A row as it leaves. */
export function wouldRefuseView(row: WouldRefuseRow): v.InferInput<typeof WouldRefuseList>["users"][number] {
  return { user_id: row.user_id, refused: Number(row.refused), calls: Number(row.calls), balance: format(amount(row.balance)) };
}
