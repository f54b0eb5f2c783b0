// Several lists, one after another, as one: its pages go from the end of a list to the beginning of the next. A cursor names the list first.

import { PAGE_OCTETS, type List } from "@pantheon/contract/page.ts";
import { decodeCursor, encodeCursor } from "../input/list-query.ts";
import type { Asked } from "../shell/app-env.ts";
import { listScope, octetsOf } from "./list-page.ts";

type Chained<Type extends string, Data> = { readonly type: Type; readonly list: List<Data> };
type ChainedRecord<Type extends string, Data> = { readonly type: Type; readonly data: Data };

/**
 * The page of these lists that is asked for, each row beside the type of its list, and the cursor of the next page, null at the end. Like
 * the page of one list it ends before PAGE_OCTETS, after one row at least. 422 for a cursor of elsewhere.
 */
export async function chainedPage<Type extends string, Data>(
  c: Asked,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  lists: readonly Chained<Type, Data>[],
): Promise<{ records: ChainedRecord<Type, Data>[]; next_cursor: string | null }> {
  const scope = listScope(c, {});
  const [first = "0", ...after] = cursor === undefined ? [] : decodeCursor(scope, cursor, (name) => shapeOf(lists[Number(name)]));
  const records: ChainedRecord<Type, Data>[] = [];
  let octets = 0;
  let last: readonly string[] = [];
  const end = () => ({ records, next_cursor: encodeCursor(scope, last) });
  for (const [index, { type, list }] of [...lists.entries()].slice(Number(first))) {
    if (records.length === limit) return end();
    const isFirst = cursor !== undefined && index === Number(first);
    const page = await list.read({ limit: limit - records.length, offset: 0, after: isFirst ? after : null });
    for (const [place, data] of page.rows.entries()) {
      const record = { type, data };
      octets += octetsOf(record);
      if (octets > PAGE_OCTETS && records.length > 0) return end();
      records.push(record);
      last = [String(index), ...(page.keys[place] ?? [])];
    }
    if (page.hasMore) return end();
  }
  return { records, next_cursor: null };
}

function shapeOf(chained: Chained<string, unknown> | undefined) {
  return chained && (["int", ...chained.list.positions] as const);
}
