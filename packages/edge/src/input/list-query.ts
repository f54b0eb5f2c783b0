// Pages of a list: the page that a query asks for, and the opaque cursor. A cursor belongs to one list of one user under
// one set of filters. Its checksum catches
// what was damaged or taken from elsewhere; since anyone may compute it, what a cursor says is checked again and is never a right.

import { createHash } from "node:crypto";
import * as v from "valibot";
import type { DomainError } from "@pantheon/contract/error.ts";
import { isId } from "@pantheon/contract/id.ts";
import type { Page, PositionPart } from "@pantheon/contract/page.ts";
import { OpaqueId, type ListQuery } from "@pantheon/contract/wire.ts";
import { invalidRequest } from "./faults.ts";

/**
 * The page that a query asks for. `scope` is what the cursor must have been made for (the list's path, the user, the filters), `shape` what its
 * sort key must look like. 422 for an offset beside a cursor, and for a cursor that is not this list's.
 */
export function pageOf(scope: string, shape: readonly PositionPart[], asked: v.InferOutput<typeof ListQuery>): Page {
  if (asked.offset !== undefined && asked.cursor !== undefined) {
    throw invalidRequest([{ path: "cursor", message: "must not be given beside offset" }]);
  }
  const after = asked.cursor === undefined ? null : decodeCursor(scope, asked.cursor, shape);
  return { limit: asked.limit, offset: asked.offset ?? 0, after };
}

/** The cursor behind a row with this sort key. */
export function encodeCursor(scope: string, position: readonly string[]): string {
  const payload = JSON.stringify(position);
  return Buffer.concat([checksum(scope, payload), Buffer.from(payload)]).toString("base64url");
}

/** What a sort key must look like: always the same, or by its first part. Undefined for a first part that there is not. */
type Shape = readonly PositionPart[] | ((first: string) => readonly PositionPart[] | undefined);

/** The sort key that a cursor stands for; 422 for anything that `encodeCursor` did not make for this scope and shape. */
export function decodeCursor(scope: string, cursor: string, shape: Shape): readonly string[] {
  const bytes = Buffer.from(cursor, "base64url");
  const payload = bytes.subarray(CHECKSUM_BYTES).toString();
  const whole = bytes.toString("base64url") === cursor && checksum(scope, payload).equals(bytes.subarray(0, CHECKSUM_BYTES));
  const position = v.safeParse(Position, whole ? payload : "");
  if (!position.success) throw foreignCursor();
  const parts = typeof shape === "function" ? shape(position.output[0] ?? "") : shape;
  if (parts === undefined || position.output.length !== parts.length) throw foreignCursor();
  if (!parts.every((part, index) => PARTS[part](position.output[index] ?? ""))) throw foreignCursor();
  return position.output;
}

const CHECKSUM_BYTES = 12;
const Position = v.pipe(v.string(), v.parseJson(), v.array(v.string()));
const TIME = /^(20\d\d-\d\d-\d\d)[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)$/;

const PARTS: Record<PositionPart, (text: string) => boolean> = {
  time: isTime,
  id: isId,
  int: (text) => /^\d{1,9}$/.test(text),
  bigint: (text) => /^\d{1,18}$/.test(text),
  opaque: (text) => v.is(OpaqueId, text),
  decimal: (text) => /^-?\d{1,10}(?:\.\d{1,8})?$/.test(text),
};

function checksum(scope: string, payload: string): Buffer {
  return createHash("sha256").update(`cursor 1\n${scope}\n${payload}`).digest().subarray(0, CHECKSUM_BYTES);
}

/** A timestamp as the database prints it, or as RFC 3339, on a day that exists. */
function isTime(text: string): boolean {
  const day = TIME.exec(text)?.[1];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return day !== undefined && !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

function foreignCursor(): DomainError {
  return invalidRequest([{ path: "cursor", message: "is not a cursor of this list" }]);
}
