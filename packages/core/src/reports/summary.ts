// What was used and charged, in total, by model and by bucket. Read from the daily rollup, which settle keeps: the sums are exact at every
// moment and cost the same however many calls are behind them. What one API key used is summed from its calls.

import type * as v from "valibot";
import type { UsageSummary } from "@pantheon/contract/reports.ts";
import { sql, type RawBuilder } from "kysely";
import type { Database } from "../db/database.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { dayWithin, type Days } from "../db/days.ts";
import { usedByKey } from "./by-key.ts";
import { usageOfAll } from "./usage-of-all.ts";
import type { Bucket } from "@pantheon/contract/vocabulary.ts";

/** Whose usage of which model with which API key on which days; null is everyone's, of every model, with any key or none. */
export type UsageFilter = {
  readonly user: string | null;
  readonly alias: string | null;
  readonly key: string | null;
  readonly range: Days;
};

/**
 * The summary of contract section 5. A bucket is named by its first day (a week's is its Monday) even where the range begins later, and
 * sums only what lies in the range. Buckets and models without a call of a user are left out. One statement.
 */
export async function readSummary(
  db: Database,
  { user, alias, key, range }: UsageFilter,
  bucket: Bucket | null,
): Promise<v.InferInput<typeof UsageSummary>> {
  const rollup = user === null ? usageOfAll(range) : sql`usage_daily`;
  const used = key === null ? rollup : usedByKey({ user, key, range });
  const { rows } = await sql<SumRow>`
    select grouping(model_alias, bucket) as grouped, model_alias, bucket, ${SUMS}
      from (select *, ${bucketOf(bucket)} as bucket from ${used} as used
             where ${dayWithin(range)} and (${user}::text is null or user_id = ${user}) and (${alias}::text is null or model_alias = ${alias})) d
     group by grouping sets ((), (model_alias), (bucket))
     order by bucket, coalesce(sum(credits_burned), 0) desc, model_alias collate "C"`.execute(db.report);
  const total = rows.find(({ grouped }) => grouped === TOTAL);
  const shown = rows.filter(({ calls }) => calls !== "0");
  return {
    ...totals(total),
    from: range.from,
    to: range.to,
    from_date: range.from,
    to_date: range.to,
    breakdown: shown
      .filter(({ grouped }) => grouped === BY_MODEL)
      .map((row) => Object.assign({ model_alias: row.model_alias ?? "" }, usedOf(row))),
    daily: shown
      .filter((row) => row.grouped === BY_BUCKET && row.bucket !== null)
      .map((row) => Object.assign({ date: row.bucket ?? "" }, usedOf(row))),
  };
}

/** The first day of a row's bucket, null when nobody asked for buckets. Through a plain timestamp: no time zone moves a day. */
export function bucketOf(bucket: Bucket | null): RawBuilder<string | null> {
  return sql<string | null>`date_trunc(${bucket}::text, day::timestamp)::date`;
}

/** What `grouping(model_alias, bucket)` says of a row: a bit for each column that the row sums over. */
export const TOTAL = 3;
export const BY_MODEL = 1;
export const BY_BUCKET = 2;

const SUMS = sql`
  coalesce(sum(credits_burned), 0) as credits_burned, coalesce(sum(credits_charged), 0) as credits_charged, coalesce(sum(calls), 0) as calls,
  coalesce(sum(input_tokens_fresh + input_tokens_cached), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
  coalesce(sum(provider_cost_usd), 0) as provider_cost_usd, coalesce(sum(refused), 0) as refused`;

type SumRow = {
  grouped: number;
  model_alias: string | null;
  bucket: string | null;
  credits_burned: string;
  credits_charged: string;
  calls: string;
  input_tokens: string;
  output_tokens: string;
  provider_cost_usd: string;
  refused: string;
};

function totals(row: SumRow | undefined) {
  return {
    total_credits_burned: decimal(row?.credits_burned),
    total_credits_charged: decimal(row?.credits_charged),
    total_llm_calls: Number(row?.calls ?? 0),
    total_input_tokens: Number(row?.input_tokens ?? 0),
    total_output_tokens: Number(row?.output_tokens ?? 0),
    provider_cost_usd: decimal(row?.provider_cost_usd),
    would_have_been_refused: Number(row?.refused ?? 0),
  };
}

function usedOf(row: SumRow) {
  return { call_count: Number(row.calls), credits_burned: decimal(row.credits_burned), credits_charged: decimal(row.credits_charged) };
}

function decimal(text = "0"): string {
  return format(amount(text));
}
