// Ids: the UUIDv7 that we mint, and the check of one that came from outside.

import { v7 } from "uuid";

const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A new UUIDv7 (RFC 9562): sortable by the time it was minted. */
export function newId(): string {
  return v7();
}

/** True for a UUID in its one canonical form: lower case, hyphens, no braces. Any other text is an unknown id. */
export function isId(text: string): boolean {
  return CANONICAL_UUID.test(text);
}
