// What is earned and what it costs: revenue against the providers' cost, by model and bucket, and what is still owed in credits. Read
// from the daily rollup, in which every call stands at the price of a credit of its own day. What of the revenue was bought, given or
// never paid for is read from the ledger (spending.ts).

import type * as v from "valibot";
import type { Margin } from "@pantheon/contract/reports.ts";
import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { amount, format, ZERO, type Amount } from "@pantheon/contract/money.ts";
import { dayWithin, type Days } from "../db/days.ts";
import { spending } from "./spending.ts";
import { usageOfAll } from "./usage-of-all.ts";
import { BY_BUCKET, BY_MODEL, bucketOf, TOTAL } from "./summary.ts";
import type { Bucket } from "@pantheon/contract/vocabulary.ts";

/**
 * Revenue, cost and margin in USD, the model that earns least first; buckets as in the summary, none without `bucket`; what
 * neither earned nor cost anything is left out. Revenue is what was charged; `revenue_paid_usd`, `revenue_granted_usd` and
 * `revenue_unpaid_usd` are its exact parts (docs/ledger.md). The liability is of this moment whatever the range: the sum of all positive
 * balances, and its worth at `usdPerCredit`. With a `user` all of it is theirs alone. One statement.
 */
export async function readMargin(
  db: Database,
  range: Days,
  bucket: Bucket | null,
  usdPerCredit: Amount,
  user: string | null = null,
): Promise<v.InferInput<typeof Margin>> {
  const ofWhom = user === null ? usageOfAll(range) : sql`(select * from usage_daily where ${dayWithin(range)} and user_id = ${user}::text)`;
  const { rows } = await sql<MarginRow>`
    with
      ${spending(range, user)},
      -- Revenue and cost by the rollup, and beside them which part of the revenue was not bought, by the ledger.
      facts as (
        select day, model_alias, revenue_usd as revenue, provider_cost_usd as cost, 0 as granted, 0 as unpaid
          from ${ofWhom} as used
         union all
        select day, model_alias, 0, 0, granted_usd, unpaid_usd
          from spending
      )
    select grouping(model_alias, bucket) as grouped, model_alias, bucket,
           coalesce(sum(revenue), 0) as revenue, coalesce(sum(cost), 0) as cost,
           coalesce(sum(granted), 0) as granted, coalesce(sum(unpaid), 0) as unpaid,
           (select coalesce(sum(balance), 0)
              from credit_wallets
             where balance > 0
               and (${user}::text is null or user_id = ${user}::text)) as liability
      from (select facts.*, ${bucketOf(bucket)} as bucket from facts) as facts
     group by grouping sets ((), (model_alias), (bucket))
     order by bucket, coalesce(sum(revenue - cost), 0), model_alias collate "C"`.execute(db.report);
  const total = rows.find(({ grouped }) => grouped === TOTAL);
  const liability = amount(total?.liability ?? "0");
  const moved = rows.filter(({ revenue, cost }) => !amount(revenue).eq(ZERO) || !amount(cost).eq(ZERO));
  return {
    ...earned(total),
    liability_credits: format(liability),
    liability_usd: format(liability.times(usdPerCredit)),
    by_model: moved
      .filter(({ grouped }) => grouped === BY_MODEL)
      .map((row) => Object.assign({ model_alias: row.model_alias ?? "" }, earned(row))),
    buckets: moved
      .filter((row) => row.grouped === BY_BUCKET && row.bucket !== null)
      .map((row) => Object.assign({ date: row.bucket ?? "" }, earned(row))),
  };
}

type MarginRow = {
  grouped: number;
  model_alias: string | null;
  bucket: string | null;
  revenue: string;
  cost: string;
  granted: string;
  unpaid: string;
  liability: string;
};

function earned(row: MarginRow | undefined) {
  const [revenue, cost] = [amount(row?.revenue ?? "0"), amount(row?.cost ?? "0")];
  const [granted, unpaid] = [amount(row?.granted ?? "0"), amount(row?.unpaid ?? "0")];
  return {
    revenue_usd: format(revenue),
    revenue_paid_usd: format(revenue.minus(granted).minus(unpaid)),
    revenue_granted_usd: format(granted),
    revenue_unpaid_usd: format(unpaid),
    provider_cost_usd: format(cost),
    margin_usd: format(revenue.minus(cost)),
  };
}
