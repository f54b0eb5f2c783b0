// What everybody used together: of days that are over from their totals, of others from the rollup by person.

import { sql, type RawBuilder } from "kysely";
import { dayWithin, type Days } from "../db/days.ts";

/** The columns of `usage_daily` that add up. */
export const SUMMED_COLUMNS = [
  "calls",
  "input_tokens_fresh",
  "input_tokens_cached",
  "output_tokens",
  "credits_burned",
  "credits_charged",
  "provider_cost_usd",
  "revenue_usd",
  "refused",
] as const;

/**
 * A table in the columns of `usage_daily` with the usage of these days, whose it was not among it: `user_id` is null. A day is whole in one of
 * the two tables: all that is not after the last total was summed up when it was over (totals.ts).
 */
export function usageOfAll(range: Days): RawBuilder<unknown> {
  const columns = sql.raw(["day", "model_alias", ...SUMMED_COLUMNS].join(", "));
  return sql`(
    select ${columns}, null::text as user_id
      from usage_totals
     where ${dayWithin(range)}
     union all
    select ${columns}, null::text
      from usage_daily
     where ${dayWithin(range)}
       and day > (select coalesce(max(day), '-infinity') from usage_totals)
  )`;
}
