// A caller's Idempotency-Key, and whether what stands under it is the same request: one rule for writes, turns and top-ups.

import { DomainError } from "@pantheon/contract/error.ts";

/** A caller's key, and the digest of the request that it stands for. */
export type RequestKey = { readonly value: string; readonly hash: string };

/** The refusal of a key under which another request's row stands (contract section 1): 422; null when the row is this request's. */
export function keyReused(key: RequestKey | null, row: { readonly request_hash: string | null }, cause?: unknown): DomainError | null {
  if (row.request_hash === key?.hash) return null;
  return new DomainError("idempotency_key_reused", "This Idempotency-Key was used for another request.", { cause });
}

/** What stands in a turn's `request_hash` once its texts are erased: it is no digest of any request. */
export const ERASED = "erased";

/** The refusal of a key whose response is not kept any more (contract section 1): 409. What it stood for is done, and is not done again. */
export function keyExpired(): DomainError {
  return new DomainError("idempotency_expired", "The response of this Idempotency-Key is not kept any more. Its request was carried out.");
}
