// The issuer's public keys, kept in memory. Known keys need no network; a fetch is rare, bounded, and happens while a request waits,
// since nothing may run after an answer. Keys that are known stay in use for as long as the issuer cannot be reached.

import { createLocalJWKSet } from "jose";
import * as v from "valibot";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Log } from "@pantheon/core/log.ts";
import { elapsed, type Clock } from "@pantheon/contract/time.ts";

const REFRESH_AFTER_MS = 10 * 60_000;
const FETCH_AT_MOST_EVERY_MS = 60_000;
/** While there are no keys at all, nobody gets in, so trying again matters more. */
const FIRST_FETCH_AT_MOST_EVERY_MS = 5_000;
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
  let fetching: Promise<void> | null = null;

  async function refresh(): Promise<void> {
    triedAt = clock();
    try {
      keys = createLocalJWKSet(await fetchSet(url));
      fetchedAt = clock();
    } catch (error) {
      log.warn("The issuer's keys could not be fetched.", { error: error instanceof Error ? error.name : typeof error });
    }
  }

  /** Fetches unless it was tried too recently; parallel callers share one fetch. */
  async function refreshAtMostEvery(pause: number): Promise<void> {
    if (fetching === null && elapsed(clock, triedAt) < pause) return;
    fetching ??= refresh().finally(() => (fetching = null));
    await fetching;
  }

  return async (header) => {
    if (keys === null) await refreshAtMostEvery(FIRST_FETCH_AT_MOST_EVERY_MS);
    else if (fetching === null && elapsed(clock, fetchedAt) > REFRESH_AFTER_MS) await refreshAtMostEvery(FETCH_AT_MOST_EVERY_MS);
    if (keys === null) {
      throw new DomainError("auth_unavailable", "Sign-in cannot be checked right now. Please try again.", {
        retryAfter: RETRY_AFTER_SECONDS,
      });
    }
    const known = await keyOf(keys, header);
    if (known !== null) return known;
    await refreshAtMostEvery(FETCH_AT_MOST_EVERY_MS);
    return keyOf(keys, header);
  };
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
  return v.parse(KeySetDocument, JSON.parse(Buffer.concat(chunks).toString()));
}

/** A key that the issuer publishes but that cannot be used is as good as none. */
async function keyOf(keys: Keys, { alg, kid }: { alg: string; kid: string | undefined }): Promise<PublicKey | null> {
  try {
    return await keys(kid === undefined ? { alg } : { alg, kid });
  } catch {
    return null;
  }
}
