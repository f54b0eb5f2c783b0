// Who calls, in the four meanings that a user's id once had at the same time. A person who calls in their own name is two of them.

/**
 * `actor` acts: sessions, turns and idempotency keys are theirs, and the audit names them. `wallet` pays: credits, ledger and top-ups
 * are its own. `key` is the API key that the call came with, or null. `isAdmin` is of the configuration, never of a token.
 */
export type Caller = { readonly actor: string; readonly wallet: string; readonly key: string | null; readonly isAdmin: boolean };

/** Somebody in their own name: their own wallet pays, and no key is involved. */
export function inPerson(id: string, isAdmin = false): Caller {
  return { actor: id, wallet: id, key: null, isAdmin };
}
