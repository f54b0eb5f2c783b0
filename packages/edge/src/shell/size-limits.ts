// How much of a request is taken in: the length of its address and the real bytes of its body, whatever Content-Length says.

import type { Context, HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { DomainError } from "@pantheon/contract/error.ts";
import { isForm } from "../input/is-form.ts";
import { invocationOf, type AppEnv } from "./app-env.ts";

const MAX_URI_BYTES = 8 * 1024;

/** Refuses an address above 8 KiB (414) and a body above what `maxBytesOf` says of the request (413), and leaves the body buffered. */
export function limits(maxBytesOf: (request: Request) => number) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (invocationOf(c).malformed) throw new DomainError("malformed_request", "This is not an HTTP request.");
    const maxBodyBytes = maxBytesOf(c.req.raw);
    const { url, headers } = c.req.raw;
    if (url.length - url.indexOf("/", "https://".length) > MAX_URI_BYTES)
      throw new DomainError("uri_too_long", "The address is longer than 8 KiB.");
    const declared = headers.get("content-length");
    if (Number(declared ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
    // What is said to be short enough is read in one piece, without a stream, and measured then: half the work for a turn's few octets.
    // A form is taken apart from the request itself, so it is left there.
    if (declared !== null && !isForm(headers.get("content-type"))) await takeWhole(c.req, maxBodyBytes);
    else await takeStreamed(c, maxBodyBytes);
    await next();
  });
}

/** Leaves the body with hono, which gives it to whoever asks. Where nothing was sent that is an empty one. */
async function takeWhole(request: HonoRequest, maxBodyBytes: number): Promise<void> {
  const bytes = await request.arrayBuffer().catch(unreadable);
  if (bytes.byteLength > maxBodyBytes) throw tooLarge(maxBodyBytes);
}

async function takeStreamed(c: Context<AppEnv>, maxBodyBytes: number): Promise<void> {
  const { url, method, headers, signal, body } = c.req.raw;
  if (body === null) return;
  const bytes = await readUpTo(body, maxBodyBytes);
  if (bytes === null) {
    // The rest of it is on its way, so this connection can carry no other request: a server must not keep it for one.
    c.res.headers.set("Connection", "close");
    throw tooLarge(maxBodyBytes);
  }
  // An empty body is none: a server in front hands over an empty stream where nothing was sent.
  c.req.raw = new Request(url, { method, headers, signal, ...(bytes.byteLength > 0 && { body: bytes }) });
  if (!isForm(headers.get("content-type"))) await takeWhole(c.req, maxBodyBytes);
}

/** The body, or null when it is longer than `maxBytes`: then reading ends right there. */
async function readUpTo(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    unreadable(error);
  }
  if (size > maxBytes) return null;
  return Uint8Array.from(Buffer.concat(chunks));
}

function unreadable(cause: unknown): never {
  throw new DomainError("malformed_request", "The request body could not be read.", { cause });
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError("payload_too_large", `The request body is larger than ${maxBytes / 1024} KiB.`);
}
