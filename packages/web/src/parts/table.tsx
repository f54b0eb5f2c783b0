// Rows of data. Columns say how they read; the table says the rest, so that every table reads alike.

import type { ComponentChildren } from "preact";
import type { ListOf } from "../api/ask.ts";

export type Column<Row> = {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Figures stand right. */
  readonly figure?: true;
  /** Figures with aligned decimals: the head stands over the point. */
  readonly decimal?: true;
  /** Gives way first on a narrow screen. */
  readonly secondary?: true;
  /** Long text that may break anywhere. */
  readonly wide?: true;
};

type TableProps<Row> = {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
};

export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={`${caption}, a table`}>
      <table className="table">
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" className={classOf(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.head} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The button that goes on with a list; nothing at its end. */
export function More({ list }: { readonly list: Pick<ListOf<unknown>, "more" | "isLoadingMore"> }) {
  const { more, isLoadingMore } = list;
  if (more === null) return null;
  return (
    <p className="more">
      <button type="button" className="button button-quiet" disabled={isLoadingMore} onClick={more}>
        {isLoadingMore ? "Loading older ones" : "Older"}
      </button>
    </p>
  );
}

function classOf({ figure, decimal, secondary, wide }: Omit<Column<never>, "head" | "cell">): string {
  const names = [figure && "table-figure", decimal && "table-decimal", secondary && "table-secondary", wide && "table-wide"];
  return names.filter(Boolean).join(" ");
}
