// Whose an API key is. Owns what a container remembers of keys: the row and the owner behind a digest, which never change. Whether a key
// is still good changes, and is never remembered.

import type { Database } from "../db/database.ts";
import { keyHash, keyRefused } from "./api-key.ts";
import type { Caller } from "./caller.ts";

/** How many keys a container remembers the owners of. One more, and the one that came first is forgotten. */
export const MOST_KEYS = 1_000;

export type Keyring = {
  /**
   * Who calls with this key. `decidedLater`: the request runs a turn, whose statement asks the key's row itself, so what a container
   * remembers of the owner is enough. Otherwise the row is asked now. 401 for a key that is unknown, revoked or expired, 403 when its
   * owner is suspended.
   */
  callerOf(text: string, asked: { readonly decidedLater: boolean }): Promise<Caller>;
  /** Asks the row of the key that this caller came with, if any; rejects as `callerOf` does. */
  readonly stillGood: (caller: Caller) => Promise<void>;
};

/** Knows nobody yet. */
export function createKeyring(db: Database): Keyring {
  const known = new Map<string, Caller>();
  return {
    async callerOf(text, { decidedLater }) {
      const hash = keyHash(text);
      if (hash === null) throw keyRefused("unknown");
      const remembered = known.get(hash);
      if (remembered !== undefined && decidedLater) return remembered;
      const { ownerOf } = await import("./key-owner.ts"); // no cold start waits for it
      const caller = await ownerOf(db, hash);
      if (known.size >= MOST_KEYS) known.delete(known.keys().next().value ?? "");
      known.set(hash, caller);
      return caller;
    },
    async stillGood({ key }) {
      if (key === null) return;
      const { ownerOf } = await import("./key-owner.ts");
      await ownerOf(db, key.hash);
    },
  };
}
