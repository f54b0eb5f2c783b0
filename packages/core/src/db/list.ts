// The one way to list: rows, their order, and how many there are. A page begins at a row of the list and not at a number, so that a walk
// meets every row once while others are added.

import { sql, type Expression, type Kysely, type RawBuilder } from "kysely";
import { PAGE_OCTETS, type List, type Page, type PositionPart } from "@pantheon/contract/page.ts";
import type { Schema } from "./schema/schema.ts";

/** The columns that a list is sorted by, the greatest first, and what each is in a cursor. Together they are another for every row. */
export type Order = readonly (readonly [column: string, part: PositionPart])[];

export const NEWEST_FIRST: Order = [
  ["created_at", "time"],
  ["id", "id"],
];

type Query<Key, Row> = {
  /** What is asked: `db.query`, or `db.report` for a list whose page may take as long as a request does. */
  readonly on: Kysely<Schema>;
  /** All rows of the list, in no order. It selects the columns of `order`. */
  readonly rows: Expression<Key>;
  /** Newest first unless given. */
  readonly order?: Order;
  /**
   * Rows of people's text are large: `rows` selects `octets`, never more than a row takes as it leaves, and what begins beyond
   * PAGE_OCTETS of the rows before it is not read. A page of the largest rows does not fit into memory.
   */
  readonly large?: boolean;
  /** What is read of the rows of a page, when `rows` are only their keys. It keeps their order and their `position`. */
  readonly completed?: (page: RawBuilder<Key>) => RawBuilder<Row>;
  /** How many rows there are; they are counted unless given. */
  readonly total?: () => Promise<number>;
  /** What they are counted up to: beyond it, `total` says "at least so many". */
  readonly countedTo?: number;
};

/** A list of the database. `statement` is what reads a page: one row more than it has, which only says that more follow. */
export function listOf<Key, Row = Key>(query: Query<Key, Row>): List<Row> & { readonly statement: (page: Page) => RawBuilder<Read<Row>> } {
  const { on, order = NEWEST_FIRST } = query;
  const statement = (page: Page) => pageStatement(query, order, page);
  return {
    positions: order.map(([, part]) => part),
    statement,
    async read(page) {
      const { rows: read } = await statement(page).execute(on);
      const total = await (query.total ?? (() => count(query)))();
      const shown = read.slice(0, page.limit);
      const hasMore = (read[0]?.found ?? read.length) > shown.length;
      return { rows: shown.map(({ position: _position, found: _found, ...row }) => row as Row), keys: shown.map(keyOf), total, hasMore };
    },
  };
}

/** A row as it is read: with its sort key, and with how many rows the page had before any was left out for its size. */
type Read<Row> = Row & { readonly position: readonly string[]; readonly found?: number };

const keyOf = ({ position }: { readonly position: readonly string[] }) => position;

function pageStatement<Key, Row>({ rows, large, completed }: Query<Key, Row>, order: Order, page: Page): RawBuilder<Read<Row>> {
  const columns = order.map(([column]) => sql.ref(column));
  // The key is compared as the database prints it: a JavaScript date would lose its microseconds, and with them rows of one millisecond.
  const printed = sql.join(columns.map((column) => sql`${column}::text`));
  const after = page.after?.map((value, index) => sql`${value}::${TYPES[order[index]?.[1] ?? "opaque"]}`);
  const sorted = sql.join(columns.map((column) => sql`${column} desc`));
  const keys = sql<Key>`
    select listed.*, array[${printed}] as position
      from (${rows}) as listed
     ${after ? sql`where (${sql.join(columns)}) < (${sql.join(after)})` : sql``}
     order by ${sorted}
    offset ${page.offset}::int
     limit ${page.limit + 1}::int`;
  const read = large ? withinOctets(keys, sorted) : keys;
  return (completed ? completed(read) : read) as RawBuilder<Read<Row>>;
}

const TYPES: Record<PositionPart, RawBuilder<unknown>> = {
  time: sql`timestamptz`,
  id: sql`uuid`,
  opaque: sql`text`,
  int: sql`int`,
  bigint: sql`bigint`,
  decimal: sql`numeric`,
};

/** Nothing is left out here that would have fitted into the page as it leaves (edge/src/output/list-page.ts). */
function withinOctets<Row>(page: RawBuilder<Row>, sorted: RawBuilder<unknown>): RawBuilder<Row> {
  return sql`
    select *
      from (select page.*,
                   count(*) over ()::int as found,
                   sum(octets) over (order by ${sorted} rows between unbounded preceding and 1 preceding) as octets_before
              from (${page}) as page) as sized
     where coalesce(octets_before, 0) < ${PAGE_OCTETS}::bigint
     order by ${sorted}`;
}

async function count<Key, Row>({ on, rows, countedTo }: Query<Key, Row>): Promise<number> {
  const limit = countedTo === undefined ? sql`` : sql`limit ${countedTo}::int`;
  const counted = await sql<{ count: string }>`select count(*) from (select from (${rows}) as listed ${limit}) as counted`.execute(on);
  return Number(counted.rows[0]?.count ?? 0);
}
