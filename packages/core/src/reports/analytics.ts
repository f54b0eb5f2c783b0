// Who uses what, and how many are active. Read from the daily rollup and the users; no call is ever counted one by one.

import type * as v from "valibot";
import type { ActiveUsers, UsageByUser } from "@pantheon/contract/reports.ts";
import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import type { List } from "@pantheon/contract/page.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { createdWithin, dayWithin, type Days } from "../db/days.ts";
import type { Window } from "@pantheon/contract/vocabulary.ts";

export type UserModelRow = {
  user_id: string;
  model_alias: string;
  input_tokens: string;
  output_tokens: string;
  credits_burned: string;
  credits_charged: string;
  calls: string;
};

/** A row a user and model with a call in these days, the largest consumer first. */
export function listUsageByUser(db: Database, days: Days): List<UserModelRow> {
  return listOf({
    on: db.report,
    rows: sql<UserModelRow>`
      select user_id collate "C" as user_id,
             model_alias collate "C" as model_alias,
             sum(input_tokens_fresh + input_tokens_cached) as input_tokens,
             sum(output_tokens) as output_tokens,
             sum(credits_burned) as credits_burned,
             sum(credits_charged) as credits_charged,
             sum(calls) as calls
        from usage_daily
       where ${dayWithin(days)}
       group by user_id, model_alias
      having sum(calls) > 0`,
    order: [
      ["credits_burned", "decimal"],
      ["user_id", "opaque"],
      ["model_alias", "opaque"],
    ],
  });
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

/** A row as it leaves (contract section 5). */
export function userModelView(row: UserModelRow): v.InferInput<typeof UsageByUser>["rows"][number] {
  return {
    user_id: row.user_id,
    model_alias: row.model_alias,
    total_input_tokens: Number(row.input_tokens),
    total_output_tokens: Number(row.output_tokens),
    total_credits_burned: format(amount(row.credits_burned)),
    total_credits_charged: format(amount(row.credits_charged)),
    event_count: Number(row.calls),
  };
}
