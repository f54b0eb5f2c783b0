// What one person used and was charged, by day, model and API key. Read from the daily rollup, which settle keeps, unless keys are asked for.

import { sql } from "kysely";
import type * as v from "valibot";
import type { OwnSummary } from "@pantheon/contract/own-usage.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { Database } from "../db/database.ts";
import { usedByKey } from "./by-key.ts";

export type Group = "day" | "model" | "key";

type Used = { calls: string; input_tokens: string; output_tokens: string; credits_burned: string; credits_charged: string };
type Row = Used & Keyed & { is_total: boolean; date: string | null; model_alias: string | null };
type Keyed = { api_key_id: string | null; api_key_name: string | null; api_key_prefix: string | null };

const COLUMNS = { day: sql.ref("day"), model: sql.ref("model_alias"), key: sql.ref("api_key_id") };

/** Total and rows of this wallet between two days, of one key if it is given. What had no call is left out. One statement. */
export async function readOwnSummary(
  db: Database,
  wallet: string,
  { from, to, key }: { readonly from: string; readonly to: string; readonly key: string | null },
  by: readonly Group[],
): Promise<v.InferInput<typeof OwnSummary>> {
  const columns = by.map((group) => COLUMNS[group]);
  const [first] = columns;
  const isKeyed = key !== null || by.includes("key");
  const used = isKeyed ? usedByKey({ user: wallet, key, range: { from, to } }) : sql`usage_daily`;
  const { rows } = await sql<Row>`
    select summed.*,
           (select name from api_keys where id = summed.api_key_id::uuid) as api_key_name,
           (select prefix from api_keys where id = summed.api_key_id::uuid) as api_key_prefix
      from (
        select ${first === undefined ? sql`true` : sql`grouping(${first}) = 1`} as is_total,
               ${by.includes("day") ? sql`day::text` : sql`null::text`} as date,
               ${by.includes("model") ? COLUMNS.model : sql`null::text`} as model_alias,
               ${by.includes("key") ? COLUMNS.key : sql`null::text`} as api_key_id,
               coalesce(sum(calls), 0) as calls,
               coalesce(sum(input_tokens_fresh + input_tokens_cached), 0) as input_tokens,
               coalesce(sum(output_tokens), 0) as output_tokens,
               coalesce(sum(credits_burned), 0) as credits_burned,
               coalesce(sum(credits_charged), 0) as credits_charged
        from ${used} as used
        where user_id = ${wallet}::text
        and day between ${from}::date and ${to}::date
        group by grouping sets (()${first === undefined ? sql`` : sql`, (${sql.join(columns)})`})
      ) as summed
     order by date desc nulls first, credits_charged desc, model_alias collate "C", api_key_id`.execute(isKeyed ? db.report : db.query);
  return {
    from,
    to,
    total: usedView(rows.find(({ is_total: isTotal }) => isTotal)),
    rows: rows.filter(({ is_total: isTotal, calls }) => !isTotal && calls !== "0").map((row) => Object.assign(namesOf(row), usedView(row))),
  };
}

function namesOf({ date, model_alias, api_key_id, api_key_name, api_key_prefix }: Row) {
  return { date, model_alias, api_key_id, api_key_name, api_key_prefix };
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
