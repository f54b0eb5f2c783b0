// Answers that every function gives alike: one that was stored with its effect, and one page of a list.

import type { StatusCode } from "hono/utils/http-status";
import { PAGE_OCTETS, type Listed } from "@pantheon/contract/page.ts";
import type { Asked } from "../shell/app-env.ts";
import { requestHash } from "../input/idempotency-key.ts";
import { encodeCursor } from "../input/list-query.ts";

/**
 * The caller's key with the digest of this request (method, path, canonical body), or null when there is no key. `path` stands for the
 * address where two addresses are one act.
 */
export function requestKey(c: Asked, path = c.req.path): { value: string; hash: string } | null {
  const value = c.var.idempotencyKey;
  return value === null ? null : { value, hash: requestHash(c.req.method, path, c.var.sentBody) };
}

/** A stored body, byte for byte; a repeat says so in `Idempotency-Replayed` (contract section 1). */
export function storedAnswer(c: Asked, answer: { status: number; body: string; replayed: boolean }): Response {
  if (answer.replayed) c.header("Idempotency-Replayed", "true");
  c.status(answer.status as StatusCode); // one of ours, as it was stored
  if (answer.body === "") return c.body(null);
  c.header("Content-Type", "application/json");
  return c.body(answer.body);
}

/**
 * A page as it leaves: the rows under `name`, `total`, and the cursor of the next page, null at the end. It ends before PAGE_OCTETS, but
 * has always one row if there is one; what was left out begins the next page.
 */
export function pageView<Name extends string, Row, View>(name: Name, scope: string, page: Listed<Row>, view: (row: Row) => View) {
  const views = fitting(page.rows.map(view));
  const rows = { [name]: views } as { [key in Name]: View[] };
  const last = page.keys[views.length - 1];
  const hasMore = page.hasMore || views.length < page.rows.length;
  return { ...rows, total: page.total, next_cursor: last && hasMore ? encodeCursor(scope, last) : null };
}

/** The first rows that fit into a page, measured as Lambda carries them: JSON as a string of JSON. */
function fitting<View>(views: readonly View[]): View[] {
  let left = PAGE_OCTETS;
  const over = views.findIndex((view, index) => (left -= Buffer.byteLength(JSON.stringify(JSON.stringify(view)))) < 0 && index > 0);
  return over < 0 ? [...views] : views.slice(0, over);
}

/** What a list's cursor is made for: this address, this caller. */
export function listScope(c: Asked): string {
  return `${c.req.path} ${c.var.caller.actor}`;
}
