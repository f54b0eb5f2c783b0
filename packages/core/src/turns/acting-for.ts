// For whom a request acts: for its caller, or for the person whom a service's key names.

import { DomainError } from "@pantheon/contract/error.ts";
import type { Caller } from "../accounts/caller.ts";

/**
 * The caller as the person who is acted for: their wallet, their limits, and the key that acts. 403 for anybody but a key that an admin has
 * let act for others; the statement that opens asks its row again.
 */
export function actingFor(caller: Caller, person: string | undefined): Caller {
  if (person === undefined || (person === caller.actor && caller.key !== null)) return caller;
  const { key, actor } = caller;
  if (key?.actsForOthers !== true) throw notForOthers();
  return { actor: person, wallet: person, isAdmin: false, key: { ...key, owner: actor } };
}

/** 403: only a key that an admin has let act for others may name somebody. */
export function notForOthers(): DomainError {
  return new DomainError("forbidden", "Only an API key that an admin has let act for others may do so.", { reason: "key_others" });
}
