// The issuer's public keys, kept in memory. Known keys need no network; a fetch is rare, bounded, and happens while a request waits,
// since nothing may run after a response. Keys that are known stay in use for a day while the issuer cannot be reached; a key that is not
// known is refused only when the issuer itself has just said so.

import { createLocalJWKSet } from "jose";
import * as v from "valibot";
import { DomainError } from "@pantheon/contract/error.ts";
import { errorName, type Log } from "@pantheon/core/log.ts";
import { elapsed, type Clock } from "@pantheon/contract/time.ts";

const REFRESH_AFTER_MS = 10 * 60_000;
const FETCH_AT_MOST_EVERY_MS = 60_000;
/** How long known keys are good without a word of the issuer. A key that it withdrew meanwhile works no longer than that. */
const KEYS_HOLD_MS = 24 * 60 * 60_000;
/** For a caller whose key is not known, or while no key is: nobody of them gets in, so trying again matters more. */
const MISSED_FETCH_AT_MOST_EVERY_MS = 5_000;
const FETCH_TIMEOUT_MS = 3_000;
const MAX_SET_BYTES = 64 * 1024;
const RETRY_AFTER_SECONDS = 5;

type Keys = ReturnType<typeof createLocalJWKSet>;
type PublicKey = Awaited<ReturnType<Keys>>;

/** Finds the key that a token's header names. Null when the issuer has none like it; `auth_unavailable` when no keys could be had. */
export type KeySet = (header: { alg: string; kid: string | undefined }) => Promise<PublicKey | null>;

/** Keys by their address; each key set has its own cache. */
export function createKeySet(url: string, { clock, log }: { clock: Clock; log: Log }): KeySet {
  let keys: Keys | null = null;
  let fetchedAt = -Infinity;
  let triedAt = -Infinity;
  let isAway = false;
  let fetching: Promise<void> | null = null;

  async function refresh(): Promise<void> {
    triedAt = clock();
    try {
      keys = createLocalJWKSet(await fetchSet(url));
      fetchedAt = clock();
      isAway = false;
    } catch (error) {
      isAway = true;
      log.warn("The issuer's keys could not be fetched.", { error: errorName(error) });
    }
  }

  /** Fetches unless it was tried too recently; parallel callers share one fetch. */
  async function refreshAtMostEvery(pause: number): Promise<void> {
    if (fetching === null && elapsed(clock, triedAt) < pause) return;
    fetching ??= refresh().finally(() => (fetching = null));
    await fetching;
  }

  return async (header) => {
    if (keys !== null && elapsed(clock, fetchedAt) > KEYS_HOLD_MS) keys = null;
    if (keys === null) await refreshAtMostEvery(MISSED_FETCH_AT_MOST_EVERY_MS);
    else if (fetching === null && elapsed(clock, fetchedAt) > REFRESH_AFTER_MS) await refreshAtMostEvery(FETCH_AT_MOST_EVERY_MS);
    if (keys === null) throw unavailable();
    const known = await keyOf(keys, header);
    if (known !== null) return known;
    await refreshAtMostEvery(MISSED_FETCH_AT_MOST_EVERY_MS);
    const found = await keyOf(keys, header);
    // It may be a key that the issuer began to use while it could not be asked: then nobody can say that the token is a bad one.
    if (found === null && isAway) throw unavailable();
    return found;
  };
}

function unavailable(): DomainError {
  return new DomainError("auth_unavailable", "Sign-in cannot be checked right now. Please try again.", { retryAfter: RETRY_AFTER_SECONDS });
}

const KeySetDocument = v.looseObject({ keys: v.array(v.looseObject({ kty: v.string() })) });

async function fetchSet(url: string): Promise<v.InferOutput<typeof KeySetDocument>> {
  const response = await fetch(url, {
    redirect: "error",
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    headers: { Accept: "application/json" },
  });
  if (!response.ok || response.body === null) throw new Error("The key set was not answered.");
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > MAX_SET_BYTES) throw new Error("The key set is too large.");
    chunks.push(chunk);
  }
  const set = v.parse(KeySetDocument, JSON.parse(Buffer.concat(chunks).toString()));
  // An issuer without a key we could use is one that is broken: to believe it would lock everybody out.
  if (!set.keys.some(({ kty }) => kty === "EC" || kty === "RSA")) throw new Error("The key set is empty.");
  return set;
}

/** A key that the issuer publishes but that cannot be used is as good as none. */
async function keyOf(keys: Keys, { alg, kid }: { alg: string; kid: string | undefined }): Promise<PublicKey | null> {
  try {
    return await keys(kid === undefined ? { alg } : { alg, kid });
  } catch {
    return null;
  }
}
