// A page of rows by time and id, newest first: the order of every list but the ledger's own.

import { sql, type Expression, type Kysely, type RawBuilder, type SelectQueryBuilder } from "kysely";
import { PAGE_OCTETS, type Page } from "@pantheon/contract/page.ts";
import type { Schema } from "./schema/schema.ts";

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

/** The order of `newestFirst`. */
export const NEWEST_FIRST = sql`created_at desc, id desc`;

/** A row of people's text: its own octets, and how many rows there were before any was left out for its size. */
export type Sized<Row> = Row & { readonly found: number };

/**
 * Reads the rows of a page whose text may be large, and none that begins beyond PAGE_OCTETS of the ones before it: a page of the largest
 * rows does not fit into memory. `rows` are those of one page in `order`, with their size in `octets`, which is never more than what they
 * take as they leave: so nothing is left out here that would have fitted there (edge/src/output/respond.ts).
 */
export async function readWithin<Row>(
  query: Kysely<Schema>,
  rows: Expression<Row & { octets: number }>,
  order: RawBuilder<unknown>,
): Promise<Sized<Row>[]> {
  const read = await sql<Sized<Row>>`
    select *
      from (select page.*,
                   count(*) over ()::int as found,
                   sum(octets) over (order by ${order} rows between unbounded preceding and 1 preceding) as octets_before
              from ${rows} as page) as sized
     where coalesce(octets_before, 0) < ${PAGE_OCTETS}::bigint
     order by ${order}`.execute(query);
  return read.rows;
}
