// A page of rows by time and id, newest first: the order of every list but the ledger's own.

import { sql, type SelectQueryBuilder } from "kysely";
import type { Page } from "@pantheon/contract/page.ts";

/**
 * Reads one row more than the page, after its position. The query selects `id`; the time is compared as the database prints it, since
 * a JavaScript date would lose its microseconds and with them rows of the same millisecond.
 */
export function newestFirst<DB, Table extends keyof DB, Row>(query: SelectQueryBuilder<DB, Table, Row>, page: Page) {
  const [time, id] = page.after ?? [];
  return query
    .select(sql<string>`created_at::text`.as("position"))
    .$if(time !== undefined, (rows) => rows.where(sql<boolean>`(created_at, id) < (${time}::timestamptz, ${id}::uuid)`))
    .orderBy(sql`created_at`, "desc")
    .orderBy(sql`id`, "desc")
    .offset(page.offset)
    .limit(page.limit + 1);
}

/** The sort key of a row that `newestFirst` read. */
export function positionOf(row: { readonly position: string; readonly id: string }): readonly string[] {
  return [row.position, row.id];
}
