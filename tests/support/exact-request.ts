// Requests exactly as they are written: paths that a browser would tidy, bodies in chunks, lengths that lie.

import { request, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";
import type { Answer } from "./world.ts";

export type ExactRequest = {
  readonly method: string;
  /** Sent as it stands, query and all. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
};

const TIMEOUT_MS = 20_000;

/** One request on a connection of its own. Without a length or chunks among the headers a body goes out with its true length. */
export async function exactRequest(origin: string, { method, path, headers = {}, body }: ExactRequest): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const framed = "Content-Length" in headers || "Transfer-Encoding" in headers || body === undefined;
  const sent = framed ? headers : { ...headers, "Content-Length": Buffer.byteLength(body) };
  const outgoing = request({ hostname, port, method, path, headers: sent, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on("response", resolve).on("error", reject).end(body);
  });
  const answer = await text(incoming);
  outgoing.destroy();
  const isJson = answer !== "" && (incoming.headers["content-type"]?.includes("json") ?? false);
  return { status: incoming.statusCode ?? 0, headers: headersOf(incoming), text: answer, json: isJson ? JSON.parse(answer) : null };
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}
