// The body of a request to one of the stand-ins.

import type { IncomingMessage } from "node:http";

/** As text; null when it is larger than `maxOctets`, or broke off. */
export async function readBody(request: IncomingMessage, maxOctets: number): Promise<string | null> {
  return (await readBytes(request, maxOctets))?.toString("utf8") ?? null;
}

/** As it came; null likewise. */
export async function readBytes(request: IncomingMessage, maxOctets: number): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request) {
      const octets = Buffer.from(part);
      size += octets.length;
      if (size > maxOctets) return null;
      parts.push(octets);
    }
  } catch {
    return null;
  }
  return Buffer.concat(parts);
}
