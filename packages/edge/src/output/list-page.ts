// One page of a list, as every function answers it: what was asked for is checked, read, and shown as far as it can be sent.

import type * as v from "valibot";
import { PAGE_OCTETS, type List } from "@pantheon/contract/page.ts";
import type { ListQuery } from "@pantheon/contract/wire.ts";
import { encodeCursor, pageOf } from "../input/list-query.ts";
import type { Asked } from "../shell/app-env.ts";

/**
 * The page that `asked` asks for, as it leaves: the rows under `name`, `total`, and the cursor of the next page, null at the end. It ends
 * before PAGE_OCTETS, but has always one row if there is one; what was left out begins the next page. What `asked` has beside the page
 * are filters: a cursor is of this address, this caller and these filters. 422 for a page that cannot be asked for.
 */
export async function listPage<Name extends string, Row, View>(
  c: Asked,
  asked: v.InferOutput<typeof ListQuery>,
  name: Name,
  list: List<Row>,
  view: (row: Row) => View,
) {
  const { limit, offset, cursor, ...filters } = asked;
  const scope = listScope(c, filters);
  const page = await list.read(pageOf(scope, list.positions, { limit, offset, cursor }));
  const views = fitting(page.rows.map((row) => view(row)));
  const rows = { [name]: views } as { [key in Name]: View[] };
  const last = page.keys[views.length - 1];
  const hasMore = page.hasMore || views.length < page.rows.length;
  return { ...rows, total: page.total, next_cursor: last && hasMore ? encodeCursor(scope, last) : null };
}

/** What a list's cursor is made for. A filter that was not given is none. */
export function listScope(c: Asked, filters: object): string {
  const filtered = JSON.stringify(filters);
  return `${c.req.path} ${c.var.caller.actor}${filtered === "{}" ? "" : ` ${filtered}`}`;
}

/** The first rows that fit into a page, but one at least. */
function fitting<View>(views: readonly View[]): View[] {
  let left = PAGE_OCTETS;
  const over = views.findIndex((view, index) => (left -= octetsOf(view)) < 0 && index > 0);
  return over < 0 ? [...views] : views.slice(0, over);
}

/** What a row takes as Lambda carries it: JSON as a string of JSON. */
export function octetsOf(view: unknown): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(view)));
}
