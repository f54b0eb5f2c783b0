// A page of a list: what a reader asks for, and what every list is. The opaque cursor itself is made in edge/src/input/list-query.ts, a
// list of rows of the database in core/src/db/list.ts.

/**
 * What the rows of a page may take as they leave, in octets. A Lambda that answers at once may send 6 MiB, and carries its body as a JSON
 * string: quotes, escapes and line ends of a body count twice. The rest is for one row that is larger, for headers, and to spare.
 */
export const PAGE_OCTETS = 4 * 1024 * 1024;

/** Which page: `limit` rows after `offset` rows, or after the row whose sort key is `after`. */
export type Page = { readonly limit: number; readonly offset: number; readonly after: readonly string[] | null };

/** What a part of a list's sort key is. */
export type PositionPart = "time" | "id" | "opaque" | "int" | "bigint" | "decimal";

/** A list: what the parts of its sort key are, in their order, and how a page of it is read. */
export type List<Row> = { readonly positions: readonly PositionPart[]; readonly read: (page: Page) => Promise<Listed<Row>> };

/** Rows of a page with the sort key of each, how many rows there are in all, and whether more follow these. */
export type Listed<Row> = {
  readonly rows: readonly Row[];
  readonly keys: readonly (readonly string[])[];
  readonly total: number;
  readonly hasMore: boolean;
};
