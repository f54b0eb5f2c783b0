// Answers that every function gives alike: one that was stored with its effect, and one page of a list.

import type { StatusCode } from "hono/utils/http-status";
import type { Listed } from "@pantheon/contract/page.ts";
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

/** A page as it leaves: the rows under `name`, `total`, and the cursor of the next page, null at the end. */
export function pageView<Name extends string, Row, View>(name: Name, scope: string, page: Listed<Row>, view: (row: Row) => View) {
  const rows = { [name]: page.rows.map(view) } as { [key in Name]: View[] };
  return { ...rows, total: page.total, next_cursor: page.next && encodeCursor(scope, page.next) };
}

/** What a list's cursor is made for: this address, this user. */
export function listScope(c: Asked): string {
  return `${c.req.path} ${c.var.user.id}`;
}
