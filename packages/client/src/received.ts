// A response as it came, and what programs look at in it.

export type Received = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body when it is JSON, else undefined. */
  readonly json: unknown;
  /** The `code` of a problem document, else null. */
  readonly code: string | null;
  /** `Retry-After` in seconds, or null. */
  readonly retryAfter: number | null;
  readonly requestId: string;
};

/** What was received, with its body read. */
export function received({ status, headers }: Response, text: string, requestId: string): Received {
  const json = parsed(text);
  const code = typeof json === "object" && json !== null && "code" in json && typeof json.code === "string" ? json.code : null;
  const after = headers.get("retry-after") ?? "";
  const retryAfter = /^\d{1,9}$/.test(after) ? Number(after) : null;
  return { status, headers, text, json, code, retryAfter, requestId: headers.get("x-request-id") ?? requestId };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
