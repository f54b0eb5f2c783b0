// A caller's Idempotency-Key, and whether what stands under it is the same request: one rule for writes, turns and top-ups.

import { DomainError } from "@pantheon/contract/error.ts";

/** A caller's key, and the digest of the request that it stands for. */
export type RequestKey = { readonly value: string; readonly hash: string };

/** The refusal of a key under which another request's row stands (contract section 1): 422; null when the row is this request's. */
export function keyReused(key: RequestKey | null, row: { readonly request_hash: string | null }, cause?: unknown): DomainError | null {
  if (row.request_hash === key?.hash) return null;
  return new DomainError("idempotency_key_reused", "This Idempotency-Key was used for another request.", { cause });
}
