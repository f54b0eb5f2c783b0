// One call over HTTP: token, key, ids, tries. Knows no route; any status is an outcome here, and only no response is an error.

import { NoResponse, PantheonError } from "./error.ts";
import { received, type Received } from "./received.ts";
import { isWorthRetrying, RETRY_RULES, waitBefore, type RetryRules } from "./retry.ts";

export type ClientOptions = {
  /** The stage's address, without a path: `https://pantheon.example`. */
  readonly url: string;
  /** The bearer token, or what makes one; null for calls that need none. */
  readonly token: string | null | (() => string | Promise<string>);
  /** What sends a request; the platform's own unless said otherwise. */
  readonly fetch?: (address: string, request: RequestInit) => Promise<Response>;
  /** False: every call is sent once. */
  readonly retry?: Partial<RetryRules> | false;
  /** Milliseconds for one try. A gateway ends a request at 30 s, so one that is given up has no effect to come. */
  readonly timeoutMs?: number;
};

export type CallOptions = {
  /** The `Idempotency-Key` of a write: one of its own unless said otherwise; null sends none, and then it is never tried again. */
  readonly key?: string | null;
  /** The revision that a change was made for. */
  readonly ifMatch?: string;
  readonly requestId?: string;
  readonly retry?: false;
  readonly signal?: AbortSignal;
  /** Told of the response that counts: its status and headers. */
  readonly onResponse?: (response: Received) => void;
};

export type Call = CallOptions & {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: object;
  /** Sent instead of a JSON body. */
  readonly form?: FormData;
};

export type Send = (call: Call) => Promise<Received>;

const TIMEOUT_MS = 35_000;

/** Sends calls to a stage. Rejects with NoResponse, with what makes the token, or with the signal's reason. */
export function createTransport(options: ClientOptions): Send {
  const rules = { ...RETRY_RULES, ...(options.retry === false ? { tries: 1 } : options.retry) };
  return async (call) => {
    const key = call.method === "GET" ? null : call.key === undefined ? crypto.randomUUID() : call.key;
    const mayRetry = call.retry !== false && (call.method === "GET" || key !== null);
    const began = Date.now();
    for (let tried = 1; ; tried += 1) {
      const outcome = await once(options, { ...call, key }).catch(lostOrThrow);
      const asked = outcome instanceof NoResponse ? null : outcome.retryAfter;
      const wait =
        mayRetry && isWorthRetrying(outcome) ? waitBefore({ tried, spentMs: Date.now() - began }, rules, asked, Math.random()) : null;
      if (wait === null && outcome instanceof NoResponse) throw outcome;
      if (wait === null && !(outcome instanceof NoResponse)) {
        call.onResponse?.(outcome);
        return outcome;
      }
      await pause(wait ?? 0, call.signal);
    }
  };
}

function lostOrThrow(error: unknown): NoResponse {
  if (error instanceof NoResponse) return error;
  throw error;
}

async function once(options: ClientOptions, call: Call): Promise<Received> {
  const requestId = call.requestId ?? crypto.randomUUID();
  const request = await requestOf(options, call, requestId);
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
  try {
    const send = options.fetch ?? fetch;
    const response = await send(`${options.url}${call.path}`, { ...request, signal });
    return received(response, await response.text(), requestId);
  } catch (error) {
    call.signal?.throwIfAborted();
    throw new NoResponse(requestId, error);
  }
}

/**
 * A call whose response is read as it comes. It is not tried again: under its key the same call tells the stored answer. Rejects with
 * PantheonError for a refusal, and with NoResponse when none came.
 */
export async function openStream(options: ClientOptions, call: Call): Promise<Response> {
  const requestId = call.requestId ?? crypto.randomUUID();
  const request = await requestOf(options, { ...call, key: call.key === undefined ? crypto.randomUUID() : call.key }, requestId);
  const send = options.fetch ?? fetch;
  const response = await send(`${options.url}${call.path}`, { ...request, signal: call.signal ?? null }).catch((error: unknown) => {
    call.signal?.throwIfAborted();
    throw new NoResponse(requestId, error);
  });
  if (response.status > 299) throw new PantheonError(received(response, await response.text(), requestId));
  return response;
}

async function requestOf(options: ClientOptions, call: Call, requestId: string) {
  return {
    method: call.method,
    headers: await headersOf(options, call, requestId),
    ...(call.body && { body: JSON.stringify(call.body) }),
    ...(call.form && { body: call.form }),
  };
}

async function headersOf({ token }: ClientOptions, call: Call, requestId: string): Promise<Record<string, string>> {
  const bearer = typeof token === "function" ? await token() : token;
  return {
    "X-Request-Id": requestId,
    ...(bearer !== null && { Authorization: `Bearer ${bearer}` }),
    ...(call.body && { "Content-Type": "application/json" }),
    ...(call.key != null && { "Idempotency-Key": call.key }),
    ...(call.ifMatch !== undefined && { "If-Match": `"${call.ifMatch}"` }),
  };
}

/** Waits, but not past the signal. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
