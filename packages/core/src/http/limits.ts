// How much of a request is taken in: the length of its address and the real bytes of its body, whatever Content-Length says.

import { createMiddleware } from "hono/factory";
import { DomainError } from "../error.ts";
import { invocationOf, type AppEnv } from "./app-env.ts";

const MAX_URI_BYTES = 8 * 1024;

/** Refuses an address above 8 KiB (414) and a body above `maxBodyBytes` (413), and leaves the body buffered. */
export function limits(maxBodyBytes: number) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (invocationOf(c).malformed) throw new DomainError("malformed_request", "This is not an HTTP request.");
    const { url, method, headers, signal } = c.req.raw;
    if (url.length - url.indexOf("/", "https://".length) > MAX_URI_BYTES)
      throw new DomainError("uri_too_long", "The address is longer than 8 KiB.");
    if (Number(headers.get("content-length") ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
    // Looked at only now: a server's adapter that has begun to hand over a body wants it read to its end, or breaks the connection.
    const { body } = c.req.raw;
    if (body !== null) {
      const bytes = await readUpTo(body, maxBodyBytes);
      // An empty body is none: a server in front hands over an empty stream where nothing was sent.
      c.req.raw = new Request(url, { method, headers, signal, ...(bytes.byteLength > 0 && { body: bytes }) });
    }
    await next();
  });
}

/** What is sent beyond the limit is still read, up to this, so that the caller gets its answer instead of a broken connection. */
const MAX_DISCARDED_BYTES = 4 * 1024 * 1024;

async function readUpTo(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > MAX_DISCARDED_BYTES) break;
      if (size <= maxBytes) chunks.push(chunk);
    }
  } catch (error) {
    throw new DomainError("malformed_request", "The request body could not be read.", { cause: error });
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return Uint8Array.from(Buffer.concat(chunks));
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError("payload_too_large", `The request body is larger than ${maxBytes / 1024} KiB.`);
}
