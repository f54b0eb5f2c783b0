// Tokens that this container has verified, so that the same one is not verified again with every request. A token is known by its hash,
// never kept itself, and only together with the very key that its signature was checked with: a key that the issuer withdrew takes every
// token of it along.

import { createHash } from "node:crypto";

/** How many tokens a container knows. One more, and the one that was verified first is forgotten. */
export const MOST_TOKENS = 1_000;

/** What was found of a token. `alg` and `kid` are its header's, by which its key is asked for. */
export type KnownToken<Owner> = {
  readonly owner: Owner;
  readonly alg: string;
  readonly kid: string | undefined;
  readonly key: object;
  /** Milliseconds since 1970. A token is good before `expiresAt`, and not at it (RFC 7519, 4.1.4). */
  readonly verifiedAt: number;
  readonly expiresAt: number;
};

export type KnownTokens<Owner> = {
  /** What is known of this token, good or not; null when it must be read. */
  find(token: string): KnownToken<Owner> | null;
  keep(token: string, known: KnownToken<Owner>): void;
};

/** Whether a known token still stands: it was verified with this key, now lies after that and before its end. */
export function stands({ key, verifiedAt, expiresAt }: KnownToken<unknown>, currentKey: object, now: number): boolean {
  // A clock that was set back makes "not before" and "issued at" a question again.
  return key === currentKey && now >= verifiedAt && now < expiresAt;
}

/** Knows nobody yet. */
export function knownTokens<Owner>(): KnownTokens<Owner> {
  const byHash = new Map<string, KnownToken<Owner>>();
  return {
    find: (token) => byHash.get(hashOf(token)) ?? null,
    keep: (token, known) => {
      if (byHash.size >= MOST_TOKENS) byHash.delete(byHash.keys().next().value ?? "");
      byHash.set(hashOf(token), known);
    },
  };
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
