// Lists as CSV files that a spreadsheet can open: whole, of a size that can be sent, and without formulas.

import { stringify } from "csv-stringify/sync";
import { DomainError } from "@pantheon/contract/error.ts";
import { PAGE_OCTETS, type List, type Page } from "@pantheon/contract/page.ts";

/** The most rows of a file. */
const MOST_ROWS = 10_000;
const PAGE_ROWS = 1_000;

export type Cell = string | number | null;

/**
 * All rows of the list under a header row; CRLF ends a row. 422 for more than can be sent: never a short file that looks whole. What is
 * written while it is read may be in it or not.
 */
export async function csvOf<Row>(
  list: List<Row>,
  columns: readonly string[],
  view: (row: Row) => Readonly<Record<string, Cell>>,
): Promise<string> {
  const parts = [lines([columns])];
  let page: Page | null = { limit: PAGE_ROWS, offset: 0, after: null };
  let left = MOST_ROWS;
  let octets = 0;
  while (page !== null) {
    const { rows, keys, total, hasMore } = await list.read(page);
    const text = lines(rows.map((row) => cellsOf(view(row), columns)));
    left -= rows.length;
    octets += Buffer.byteLength(JSON.stringify(text)); // as Lambda carries it
    if (total > MOST_ROWS || left < 0 || octets > PAGE_OCTETS) throw tooMuch();
    parts.push(text);
    page = hasMore ? { limit: PAGE_ROWS, offset: 0, after: keys.at(-1) ?? null } : null;
  }
  return parts.join("");
}

function tooMuch(): DomainError {
  const message = `must be so that there are fewer rows: a file has at most ${MOST_ROWS}`;
  return new DomainError("invalid_request", "The request is not valid.", { errors: [{ path: "from", message }] });
}

function lines(rows: readonly (readonly Cell[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { record_delimiter: "windows", quote_record_delimiter: true },
  );
}

function cellsOf(row: Readonly<Record<string, Cell>>, columns: readonly string[]): Cell[] {
  return columns.map((name) => cell(row[name] ?? null));
}

const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** What a spreadsheet would run is text behind an apostrophe. A number below zero is a number. */
function cell(value: Cell): Cell {
  return typeof value === "string" && FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
}
