// Who uses what, and how many are active. Read from the daily rollup and the users; no call is ever counted one by one.

import type * as v from "valibot";
import type { ActiveUsers, UsageByUser } from "@pantheon/contract/reports.ts";
import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { createdWithin, dayWithin, type Range } from "./range.ts";
import type { Window } from "@pantheon/contract/vocabulary.ts";

export type UserModelPage = { readonly limit: number; readonly offset: number };

/** A row a user and model, the largest consumer first; `total` is the number of rows in all. One statement, so both see one moment. */
export async function readUsageByUser(
  db: Database,
  range: Range,
  { limit, offset }: UserModelPage,
): Promise<v.InferInput<typeof UsageByUser>> {
  const { rows } = await sql<UserModelRow>`
    with g as materialized (
      select user_id, model_alias, sum(input_tokens_fresh + input_tokens_cached) as input_tokens, sum(output_tokens) as output_tokens,
             sum(credits_burned) as credits_burned, sum(calls) as calls
        from usage_daily where ${dayWithin(range)} group by user_id, model_alias having sum(calls) > 0)
    select c.total, p.*
      from (select count(*) as total from g) c
      left join lateral (select * from g order by credits_burned desc, user_id collate "C", model_alias collate "C"
                          limit ${limit}::int offset ${offset}::int) p on true
     order by p.credits_burned desc, p.user_id collate "C", p.model_alias collate "C"`.execute(db.report);
  return {
    rows: rows.flatMap((row) => (row.user_id === null ? [] : [userModelView(row, row.user_id)])),
    total: Number(rows[0]?.total ?? 0),
    start_date: range.from,
    end_date: range.to,
  };
}

/** Users who ran a turn, and users who came, in the 1, 7 or 30 days that end with the day `asOf`. One statement. */
export async function readActiveUsers(db: Database, window: Window, asOf: string): Promise<v.InferInput<typeof ActiveUsers>> {
  const days = { from: firstDay(asOf, DAYS[window]), to: asOf };
  const { rows } = await sql<{ active: string; fresh: string }>`
    select (select count(distinct user_id) from usage_daily where calls > 0 and ${dayWithin(days)}) as active,
           (select count(*) from users where ${createdWithin(days)}) as fresh`.execute(db.report);
  return { window, as_of: asOf, active_users: Number(rows[0]?.active), new_users: Number(rows[0]?.fresh) };
}

const DAYS: Record<Window, number> = { day: 1, week: 7, month: 30 };
const DAY_MS = 86_400_000; // a UTC day: no clock change ever makes it longer

/** The first of `count` days that end with `last`; open where that would lie before the first year that a date can name. */
function firstDay(last: string, count: number): string | null {
  const first = new Date(Date.parse(last) - (count - 1) * DAY_MS);
  return first.getUTCFullYear() < 1 ? null : first.toISOString().slice(0, "YYYY-MM-DD".length);
}

/** Every column but `total` is null when the page has no row. */
type UserModelRow = {
  total: string;
  user_id: string | null;
  model_alias: string;
  input_tokens: string;
  output_tokens: string;
  credits_burned: string;
  calls: string;
};

function userModelView(row: UserModelRow, user: string) {
  return {
    user_id: user,
    model_alias: row.model_alias,
    total_input_tokens: Number(row.input_tokens),
    total_output_tokens: Number(row.output_tokens),
    total_credits_burned: format(amount(row.credits_burned)),
    event_count: Number(row.calls),
  };
}
