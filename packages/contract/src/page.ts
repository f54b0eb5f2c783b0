// A page of a list: what a reader asks for, and what every list answers. The opaque cursor itself is made in edge/src/input/list-query.ts.

/**
 * What the rows of a page may take as they leave, in octets. A Lambda that answers at once may send 6 MiB, and carries its body as a JSON
 * string: quotes, escapes and line ends of a body count twice. The rest is for one row that is larger, for headers, and to spare.
 */
export const PAGE_OCTETS = 4 * 1024 * 1024;

/** Which page: `limit` rows after `offset` rows, or after the row whose sort key is `after`. */
export type Page = { readonly limit: number; readonly offset: number; readonly after: readonly string[] | null };

/** Rows of a page with the sort key of each, how many rows there are in all, and whether more follow these. */
export type Listed<Row> = {
  readonly rows: Row[];
  readonly keys: readonly (readonly string[])[];
  readonly total: number;
  readonly hasMore: boolean;
};

/**
 * Makes a page of `limit + 1` rows that were looked for: the extra row only says that more follow. `found` is how many there were, when
 * fewer were read (db/newest-first.ts).
 */
export function listed<Row>(
  rows: Row[],
  page: Page,
  total: number,
  keyOf: (row: Row) => readonly string[],
  found = rows.length,
): Listed<Row> {
  const shown = rows.slice(0, page.limit);
  return { rows: shown, keys: shown.map(keyOf), total, hasMore: found > shown.length };
}
