// What was used of each alias in the last 30 days: what a price is judged by. Read from the daily rollup.

import { sql } from "kysely";
import { amount } from "@pantheon/contract/money.ts";
import type { Database } from "../db/database.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Use } from "./economics.ts";

/** The days, UTC, both included; and the use of every alias that had any. */
export type RecentUse = { readonly days: { readonly from: string; readonly to: string }; readonly of: ReadonlyMap<string, Use> };

/** The 30 days that end today by the database's clock, by which turns are dated. One statement. */
export async function readRecentUse(on: Database["query"]): Promise<RecentUse> {
  const { rows } = await sql<UseRow>`
    with
      days as (
        select (now() at time zone 'utc')::date - 29 as first_day, (now() at time zone 'utc')::date as last_day
      ),
      used as (
        select model_alias, sum(calls) as calls, sum(input_tokens_fresh) as fresh, sum(input_tokens_cached) as cached,
               sum(output_tokens) as output, sum(provider_cost_usd) as cost
          from usage_daily, days
         where day between first_day and last_day
         group by model_alias
        having sum(calls) > 0 or sum(provider_cost_usd) > 0
      )
    select first_day, last_day, used.*
      from days
      left join used on true`.execute(on);
  const [first] = rows;
  const used = rows.flatMap((row) => (row.model_alias === null ? [] : [[row.model_alias, useOf(row)] as const]));
  return { days: { from: first?.first_day ?? "", to: first?.last_day ?? "" }, of: new Map(used) };
}

/** The same, or null where the database does not tell in time: a price can be changed without it. */
export async function readRecentUseIfItCan(on: Database["query"]): Promise<RecentUse | null> {
  try {
    return await readRecentUse(on);
  } catch (error) {
    if (error instanceof DomainError && error.code === "database_unavailable") return null;
    throw error;
  }
}

type UseRow = {
  first_day: string;
  last_day: string;
  model_alias: string | null;
  calls: string;
  fresh: string;
  cached: string;
  output: string;
  cost: string;
};

function useOf({ calls, fresh, cached, output, cost }: UseRow): Use {
  return { calls: Number(calls), fresh: Number(fresh), cached: Number(cached), output: Number(output), cost: amount(cost) };
}
