// fetch as the SDK may use it: never follows a redirect, turns a refusal into a failure without reading its words, and bounds the body.

import type { Clock } from "@pantheon/contract/time.ts";
import { ProviderFailure } from "./provider-failure.ts";

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
      await response.body?.cancel();
      throw new ProviderFailure(response.status, "refused", retryAfterMs(response.headers.get("retry-after"), clock()));
    }
    return new Response(response.body?.pipeThrough(limitTo(MAX_BODY_OCTETS)) ?? null, response);
  };
}

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
