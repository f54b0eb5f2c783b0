// Tokens that this container has verified, so that the same one is not verified again with every request. A token is known by its hash,
// never kept itself, and only together with the very key that its signature was checked with: a key that the issuer withdrew takes every
// token of it along.

import { createHash } from "node:crypto";

/** How many tokens a container knows. One more, and the one that was verified first is forgotten. */
export const MOST_TOKENS = 1_000;

type Known<Owner> = { readonly owner: Owner; readonly key: object; readonly verifiedAt: number; readonly expiresAt: number };

export type KnownTokens<Owner> = {
  /** Whose token this is, if it was verified with this key, now lies after that and before its end; null when it must be verified. */
  ownerOf(token: string, key: object, now: number): Owner | null;
  /** `verifiedAt` and `expiresAt` in milliseconds since 1970. A token is good before `expiresAt`, and not at it (RFC 7519, 4.1.4). */
  keep(token: string, known: Known<Owner>): void;
};

/** Knows nobody yet. */
export function knownTokens<Owner>(): KnownTokens<Owner> {
  const byHash = new Map<string, Known<Owner>>();
  return {
    ownerOf: (token, key, now) => {
      const hash = hashOf(token);
      const known = byHash.get(hash);
      if (known === undefined) return null;
      // A clock that was set back makes "not before" and "issued at" a question again.
      if (known.key === key && now >= known.verifiedAt && now < known.expiresAt) return known.owner;
      byHash.delete(hash);
      return null;
    },
    keep: (token, known) => {
      if (byHash.size >= MOST_TOKENS) byHash.delete(byHash.keys().next().value ?? "");
      byHash.set(hashOf(token), known);
    },
  };
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
