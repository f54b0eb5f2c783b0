// A page of a list: what a reader asks for, and what every list answers. The opaque cursor itself is made in http/page.ts.

/** Which page: `limit` rows after `offset` rows, or after the row whose sort key is `after`. */
export type Page = { readonly limit: number; readonly offset: number; readonly after: readonly string[] | null };

/** Rows, how many there are in all, and the sort key of the last row when more follow. */
export type Listed<Row> = { readonly rows: Row[]; readonly total: number; readonly next: readonly string[] | null };

/** Makes a page of `limit + 1` rows that were read: the extra row only says that more follow. */
export function listed<Row>(rows: Row[], page: Page, total: number, keyOf: (row: Row) => readonly string[]): Listed<Row> {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return { rows: shown, total, next: last !== undefined && rows.length > page.limit ? keyOf(last) : null };
}
