// What every shape on the wire is made of (contract section 1): names, amounts, times, ids, days, text, pages. Requests are strict;
// responses are open, so that a newer build may say more than an older reader knows.

import * as v from "valibot";
import { isId } from "./id.ts";

/** A schema under its own name: a component of the OpenAPI document. */
export function named<const Schema extends v.GenericSchema>(ref: string, description: string, schema: Schema) {
  return v.pipe(schema, v.metadata({ ref, description }));
}

/** An amount on the wire: plain notation, no trailing zeros. */
export const Decimal = named(
  "Decimal",
  "An exact decimal in plain notation, without trailing zeros. Keep it a string.",
  v.pipe(v.string(), v.regex(/^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/)),
);

/** A time on the wire: RFC 3339, UTC, milliseconds. */
export const Time = named(
  "Time",
  "RFC 3339 in UTC with milliseconds.",
  v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/), v.metadata({ format: "date-time" })),
);

/** A number of tokens, calls, rows. */
export const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** An id of ours in its one form; for paths. */
export const Id = v.pipe(v.string(), v.check(isId, "must be an id"), v.metadata({ format: "uuid" }));

/** An opaque id, such as a token's user: compared as it was sent, never trimmed (contract section 1). */
export const OpaqueId = v.pipe(
  v.string(),
  v.regex(/^[^\p{Cc}\p{Cs}]{1,64}$/u, "must be 1 to 64 characters without control characters"),
  v.metadata({ minLength: 1, maxLength: 64 }),
);

/** A day that exists, from year 1 to 9999, in the one notation of the contract: no time, no other calendar words of the database. */
export const Day = v.pipe(v.string(), v.check(isDay, "must be a date that exists, as YYYY-MM-DD"), v.metadata({ format: "date" }));

/** Text of `min` to `max` code points after trimming, trimmed. NUL and lone surrogates are refused: the database cannot keep them. */
export function text(min: number, max: number) {
  const rule = `must be ${min} to ${max} characters`;
  return v.pipe(
    v.string(),
    v.check((value) => value.isWellFormed() && !value.includes("\u0000"), "must be well-formed text without NUL"),
    v.trim(),
    v.minCodePoints(min, rule),
    v.maxCodePoints(max, rule),
    v.metadata({ minLength: min, maxLength: max }),
  );
}

/** One page of a list. */
export function page<Name extends string, Row extends v.GenericSchema>(name: Name, row: Row) {
  const rows = { [name]: v.array(row) } as { [key in Name]: v.ArraySchema<Row, undefined> };
  return v.object({
    ...rows,
    total: v.pipe(Count, v.description("How many there are in all.")),
    next_cursor: v.pipe(v.nullable(v.string()), v.description("The `cursor` of the next page; null at the end.")),
  });
}

const LIMIT =
  "The most rows of a page. A page of large rows ends sooner, after one row at least: go on with its next_cursor, or by as many rows as came.";

/** The query parameters of every list, to be spread into the schema of one that takes more. */
export const PAGE_ENTRIES = {
  limit: v.pipe(v.optional(wholeNumber(1, 200), "50"), v.metadata({ default: 50, description: LIMIT })),
  offset: v.pipe(v.optional(wholeNumber(0, 10_000)), v.description("How many rows are skipped; not beside `cursor`.")),
  cursor: v.pipe(
    v.optional(v.pipe(v.string(), v.minLength(1, "must not be empty"), v.maxLength(1_024, "is not a cursor of this list"))),
    v.description("The `next_cursor` of the page before."),
  ),
};

/** The days of a list or report, UTC, both included; to be spread into its query. */
export const DAY_ENTRIES = {
  from: v.pipe(v.optional(Day), v.description("The first day (UTC).")),
  to: v.pipe(v.optional(Day), v.description("The last day (UTC), included.")),
};

/** A file of rows. */
export const CsvFile = v.pipe(v.string(), v.description("A header row, then a row each; CRLF ends a row."));

/** The query of a list that takes nothing else. */
export const ListQuery = v.strictObject(PAGE_ENTRIES);

/** Plain digits only: no sign, no fraction, no exponent, no other base. */
export function wholeNumber(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.string(),
    v.check((digits) => /^(?:0|[1-9][0-9]{0,4})$/.test(digits), rule),
    v.transform(Number),
    v.minValue(min, rule),
    v.maxValue(max, rule),
    v.metadata({ type: "integer", minimum: min, maximum: max }),
  );
}

function isDay(value: string): boolean {
  if (!/^(?!0000)\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const midnight = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(value); // 30 February would become a day in March
}
