// What every shape on the wire is made of (contract section 1): amounts, times, ids, text, pages.

import * as v from "valibot";
import { isId } from "./id.ts";

/** An amount on the wire: plain notation, no trailing zeros. */
export const Decimal = v.pipe(
  v.string(),
  v.regex(/^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/),
  v.description("An exact decimal, without trailing zeros."),
);

/** A time on the wire: RFC 3339, UTC, milliseconds. */
export const Time = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/), v.metadata({ format: "date-time" }));

/** One page of a list. */
export function page<Name extends string, Row extends v.GenericSchema>(name: Name, row: Row) {
  const rows = { [name]: v.array(row) } as { [key in Name]: v.ArraySchema<Row, undefined> };
  return v.strictObject({ ...rows, total: v.number(), next_cursor: v.nullable(v.string()) });
}

/** An id of ours in its one form; for `params`. */
export const Id = v.pipe(v.string(), v.check(isId, "must be an id"), v.metadata({ format: "uuid" }));

/** An opaque id, such as a token's user: compared as it was sent, never trimmed (contract section 1). */
export const OpaqueId = v.pipe(
  v.string(),
  v.regex(/^[^\p{Cc}\p{Cs}]{1,64}$/u, "must be 1 to 64 characters without control characters"),
  v.metadata({ minLength: 1, maxLength: 64 }),
);

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
