// A response that was stored with its effect, and the key that it is stored under.

import type { StatusCode } from "hono/utils/http-status";
import type { Asked } from "../shell/app-env.ts";
import { requestHash } from "../input/idempotency-key.ts";

/**
 * The caller's key with the digest of this request (method, path, canonical body), or null when there is no key. `path` stands for the
 * address where two addresses are one act.
 */
export function requestKey(c: Asked, path = c.req.path): { value: string; hash: string } | null {
  const value = c.var.idempotencyKey;
  return value === null ? null : { value, hash: requestHash(c.req.method, path, c.var.sentBody) };
}

/** A stored body, byte for byte; a repeat says so in `Idempotency-Replayed` (contract section 1). */
export function storedResponse(c: Asked, answer: { status: number; body: string; replayed: boolean }): Response {
  if (answer.replayed) c.header("Idempotency-Replayed", "true");
  c.status(answer.status as StatusCode); // one of ours, as it was stored
  if (answer.body === "") return c.body(null);
  c.header("Content-Type", "application/json");
  return c.body(answer.body);
}
