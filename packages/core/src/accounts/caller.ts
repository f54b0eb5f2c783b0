// Who calls, in the four meanings that a user's id once had at the same time. A person who calls in their own name is two of them.

/**
 * The API key that a call came with: its row, and the digest that it was shown by (there are two while a key is rotated). What an admin has
 * let it do is as its row said when the container asked. `owner`: whose key it is, where it acts for another.
 */
export type CallerKey = {
  readonly id: string;
  readonly hash: string;
  readonly actsForOthers?: boolean;
  readonly booksUsage?: boolean;
  readonly owner?: string;
};

/**
 * `actor` acts: sessions, turns and idempotency keys are theirs, and the audit names them. `wallet` pays: credits, ledger and top-ups
 * are its own. `key` is the API key that the call came with, or null. `isAdmin` is of the configuration, never of a token.
 */
export type Caller = { readonly actor: string; readonly wallet: string; readonly key: CallerKey | null; readonly isAdmin: boolean };

/** Somebody in their own name: their own wallet pays, and no key is involved. */
export function inPerson(id: string, isAdmin = false): Caller {
  return { actor: id, wallet: id, key: null, isAdmin };
}

/** A program with a key of this person: it acts as they do, from their wallet, and is never an admin. */
export function byKey(owner: string, key: CallerKey): Caller {
  return { actor: owner, wallet: owner, key, isAdmin: false };
}

/** The key of a caller, as the statements that let it in take it (ledger/statements/pass.ts). */
export function passSlots({ key }: Caller) {
  return { apiKey: key?.id ?? null, keyHash: key?.hash ?? null, keyOwner: key?.owner ?? null };
}
