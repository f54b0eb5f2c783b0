// What one person used and was charged, by day and model. Read from the daily rollup alone, which settle keeps.

import { sql } from "kysely";
import type * as v from "valibot";
import type { OwnSummary } from "@pantheon/contract/own-usage.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { Database } from "../db/database.ts";

export type Group = "day" | "model";

type Used = { calls: string; input_tokens: string; output_tokens: string; credits_burned: string; credits_charged: string };
type Row = Used & { is_total: boolean; date: string | null; model_alias: string | null };

const COLUMNS = { day: sql.ref("day"), model: sql.ref("model_alias") };

/** Total and rows of this wallet between two days. What had no call is left out. One statement. */
export async function readOwnSummary(
  db: Database,
  wallet: string,
  { from, to }: { readonly from: string; readonly to: string },
  by: readonly Group[],
): Promise<v.InferInput<typeof OwnSummary>> {
  const columns = by.map((group) => COLUMNS[group]);
  const [first] = columns;
  const { rows } = await sql<Row>`
    select *
      from (
        select ${first === undefined ? sql`true` : sql`grouping(${first}) = 1`} as is_total,
               ${by.includes("day") ? sql`day::text` : sql`null::text`} as date,
               ${by.includes("model") ? COLUMNS.model : sql`null::text`} as model_alias,
               coalesce(sum(calls), 0) as calls,
               coalesce(sum(input_tokens_fresh + input_tokens_cached), 0) as input_tokens,
               coalesce(sum(output_tokens), 0) as output_tokens,
               coalesce(sum(credits_burned), 0) as credits_burned,
               coalesce(sum(credits_charged), 0) as credits_charged
        from usage_daily
        where user_id = ${wallet}::text
        and day between ${from}::date and ${to}::date
        group by grouping sets (()${first === undefined ? sql`` : sql`, (${sql.join(columns)})`})
      ) as summed
     order by date desc nulls first, credits_charged desc, model_alias collate "C"`.execute(db.query);
  return {
    from,
    to,
    total: usedView(rows.find(({ is_total: isTotal }) => isTotal)),
    rows: rows
      .filter(({ is_total: isTotal, calls }) => !isTotal && calls !== "0")
      .map((row) => Object.assign({ date: row.date, model_alias: row.model_alias }, usedView(row))),
  };
}

function usedView(used: Used | undefined) {
  return {
    calls: Number(used?.calls ?? 0),
    input_tokens: Number(used?.input_tokens ?? 0),
    output_tokens: Number(used?.output_tokens ?? 0),
    credits_burned: format(amount(used?.credits_burned ?? "0")),
    credits_charged: format(amount(used?.credits_charged ?? "0")),
  };
}
