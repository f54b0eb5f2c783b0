// fetch as the SDK may use it: never follows a redirect, turns a refusal into a failure that keeps none of its words, and bounds the body.

import type { Clock } from "@pantheon/contract/time.ts";
import { CONTEXT, isContextRefusal, ProviderFailure } from "./provider-failure.ts";

/**
 * Wraps `inner`. A redirect is a refusal (following one would carry the key to another host), and so is any other status but 2xx:
 * `ProviderFailure`. A body beyond 16 MiB breaks off, since only a broken provider sends one.
 */
export function providerFetch(inner: typeof fetch, clock: Clock): typeof fetch {
  return async (input, init) => {
    const response = await inner(input, { ...init, redirect: "manual" }).catch((error: unknown) => {
      throw init?.signal?.aborted ? error : new ProviderFailure(null, systemCode(error));
    });
    if (!response.ok) {
      throw new ProviderFailure(response.status, await reasonOf(response), retryAfterMs(response.headers.get("retry-after"), clock()));
    }
    return new Response(response.body?.pipeThrough(limitTo(MAX_BODY_OCTETS)) ?? null, response);
  };
}

/** The statuses with which providers refuse a prompt for its length; the others are not read. */
const LENGTH_STATUSES: ReadonlySet<number> = new Set([400, 413, 422]);
const MOST_WORDS = 16 * 1024;
const WORDS_TIMEOUT_MS = 1_000;

/** Looks for the one thing of use to us that a refusal can say: the prompt is too long. Its words are looked at, and forgotten. */
async function reasonOf(response: Response): Promise<string> {
  if (!LENGTH_STATUSES.has(response.status) || response.body === null) {
    await response.body?.cancel();
    return REFUSED;
  }
  let words = "";
  const decoder = new TextDecoder();
  const reader = new WritableStream<Uint8Array>({
    write(part) {
      words += decoder.decode(part.subarray(0, MOST_WORDS - words.length), { stream: true });
      if (words.length >= MOST_WORDS) throw new ProviderFailure(null, "too large");
    },
  });
  await response.body.pipeTo(reader, { signal: AbortSignal.timeout(WORDS_TIMEOUT_MS) }).catch(() => {}); // what came is all there is to judge
  return response.status === 413 || isContextRefusal(words) ? CONTEXT : REFUSED;
}

const REFUSED = "refused";

/** Why a connection failed, as the system names it (ECONNREFUSED): never a message, which may hold a host or a URL. */
function systemCode(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "code") : null;
  return typeof code === "string" ? code : "connection";
}

const MAX_BODY_OCTETS = 16 * 1024 * 1024;

function limitTo(octets: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = octets;
  return new TransformStream({
    transform(part, controller) {
      left -= part.byteLength;
      if (left < 0) controller.error(new ProviderFailure(null, "too large"));
      else controller.enqueue(part);
    },
  });
}

const MAX_RETRY_AFTER_MS = 3_600_000;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** RFC 9110: whole seconds or an HTTP date. Anything else says nothing; an hour is the longest wait that is believed. */
function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Math.min(Number(header) * 1_000, MAX_RETRY_AFTER_MS);
  const date = HTTP_DATE.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.min(Math.max(0, date - now), MAX_RETRY_AFTER_MS);
}
