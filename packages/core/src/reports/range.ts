// The days of a report: UTC, both ends included, either end open. Every report shares them.

import { sql, type RawBuilder } from "kysely";
import { DomainError } from "@pantheon/contract/error.ts";

/** First and last day; null leaves that end open. */
export type Range = { readonly from: string | null; readonly to: string | null };

/** The range between two days of a query. 422 under the name of the last day when it lies before the first. */
export function rangeOf(from: string | undefined, to: string | undefined, lastDay: "to_date" | "end_date"): Range {
  if (from !== undefined && to !== undefined && to < from) {
    const errors = [{ path: lastDay, message: "must not lie before the first day" }];
    throw new DomainError("invalid_request", "The request is not valid.", { errors });
  }
  return { from: from ?? null, to: to ?? null };
}

/** The rows of `usage_daily` in the range. */
export function dayWithin({ from, to }: Range): RawBuilder<boolean> {
  return sql<boolean>`day between coalesce(${from}::date, '-infinity') and coalesce(${to}::date, 'infinity')`;
}

/** What happened in the range, by `created_at`: the days are UTC days whatever the session's time zone is. */
export function createdWithin({ from, to }: Range): RawBuilder<boolean> {
  return sql<boolean>`created_at >= coalesce(${from}::date, '-infinity')::timestamp at time zone 'utc'
                  and created_at < coalesce(${to}::date + 1, 'infinity')::timestamp at time zone 'utc'`;
}
