// What the local issuer remembers of a sign-in: codes and refresh tokens, each good once. A second use of either means that it leaked,
// so everything that came from the same sign-in ends (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2).

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@pantheon/contract/time.ts";

/** Whom a sign-in is about. */
export type Person = { readonly user: string; readonly email: string };

/** What a code is bound to: the S256 challenge of its verifier, and the address that it was sent to. */
export type CodeBinding = { readonly challenge: string; readonly redirectUri: string };

/** The person, and the refresh token that is good next. */
export type Granted = { readonly person: Person; readonly refresh: string };

export type Grants = {
  /** A code for this person; good once, for a minute. */
  code(person: Person, binding: CodeBinding): string;
  /** Null for a code that is unknown, used, too old, or bound to something else. */
  redeem(code: string, proof: { readonly verifier: string; readonly redirectUri: string }): Granted | null;
  /** Null for a refresh token that is unknown, used, too old, or of a sign-in that has ended. */
  renew(refresh: string): Granted | null;
};

const CODE_MS = 60_000;
const REFRESH_MS = 12 * 60 * 60_000;

type SignIn = { readonly person: Person; ended: boolean };
type Kept = { readonly signIn: SignIn; readonly until: number; used: boolean };

/** Kept in memory: a restart ends every sign-in at its next renewal. */
export function createGrants(clock: Clock): Grants {
  const codes = new Map<string, Kept & CodeBinding>();
  const refreshes = new Map<string, Kept>();
  const nextRefresh = (signIn: SignIn): Granted => {
    forgetOld(refreshes, clock());
    const refresh = secret();
    refreshes.set(refresh, { signIn, until: clock() + REFRESH_MS, used: false });
    return { person: signIn.person, refresh };
  };
  return {
    code: (person, binding) => {
      forgetOld(codes, clock());
      const code = secret();
      codes.set(code, { ...binding, signIn: { person, ended: false }, until: clock() + CODE_MS, used: false });
      return code;
    },
    redeem: (code, { verifier, redirectUri }) => {
      const kept = codes.get(code);
      if (kept === undefined || !useOnce(kept, clock())) return null;
      if (kept.redirectUri !== redirectUri || !isVerifierOf(kept.challenge, verifier)) return null;
      return nextRefresh(kept.signIn);
    },
    renew: (refresh) => {
      const kept = refreshes.get(refresh);
      return kept !== undefined && useOnce(kept, clock()) ? nextRefresh(kept.signIn) : null;
    },
  };
}

/** Marks it as used. False when it may not be used; a second use also ends the sign-in that it came from. */
function useOnce(kept: Kept, now: number): boolean {
  if (kept.used) kept.signIn.ended = true;
  if (kept.used || kept.signIn.ended || kept.until <= now) return false;
  kept.used = true;
  return true;
}

function isVerifierOf(challenge: string, verifier: string): boolean {
  const [expected, given] = [Buffer.from(challenge), Buffer.from(createHash("sha256").update(verifier).digest("base64url"))];
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function forgetOld(kept: Map<string, Kept>, now: number): void {
  for (const [key, { until }] of kept) if (until <= now) kept.delete(key);
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}
