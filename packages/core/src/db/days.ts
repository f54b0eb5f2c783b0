// Days as filters: UTC, both ends included, either end open. Lists and reports share them.

import { sql, type RawBuilder } from "kysely";

/** First and last day; null leaves that end open. */
export type Days = { readonly from: string | null; readonly to: string | null };

export const ALL_TIME: Days = { from: null, to: null };

/** The rows of `usage_daily` in these days. */
export function dayWithin({ from, to }: Days): RawBuilder<boolean> {
  return sql<boolean>`day between coalesce(${from}::date, '-infinity') and coalesce(${to}::date, 'infinity')`;
}

/** What happened in these days, by `created_at`: they are UTC days whatever the session's time zone is. Nothing is compared at an open end. */
export function createdWithin({ from, to }: Days): RawBuilder<boolean> {
  const since = from === null ? sql`true` : sql`created_at >= ${startOf(from)}`;
  const until = to === null ? sql`true` : sql`created_at < ${endOf(to)}`;
  return sql<boolean>`(${since} and ${until})`;
}

/** The first moment of a day. */
export function startOf(day: string): RawBuilder<Date> {
  return sql<Date>`(${day}::date::timestamp at time zone 'utc')`;
}

/** The first moment after a day. */
export function endOf(day: string): RawBuilder<Date> {
  return sql<Date>`((${day}::date + 1)::timestamp at time zone 'utc')`;
}
