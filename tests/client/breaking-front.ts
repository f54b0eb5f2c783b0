// An HTTP server in front of a world that loses requests and responses, or answers in the product's place, as networks and gateways do.

import { once } from "node:events";
import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";

export type Trouble =
  /** The connection breaks before the request is passed on, or after the world has answered it. */
  | "lost before"
  | "lost after"
  /** The head of the response comes, and half of its body. */
  | "cut"
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export type BreakingFront = {
  readonly url: string;
  /** What happens to the next requests, one after another; then all is well again. */
  next(...troubles: Trouble[]): void;
  /** The keys of the requests that came so far, null for one without. */
  readonly keys: (string | null)[];
  close(): Promise<void>;
};

/** Listens on a free port of this machine. */
export async function breakingFront(apiUrl: string): Promise<BreakingFront> {
  const troubles: Trouble[] = [];
  const keys: (string | null)[] = [];
  const server = createServer((incoming, outgoing) => {
    keys.push(incoming.headers["idempotency-key"]?.toString() ?? null);
    const trouble = troubles.shift();
    if (trouble === "lost before") return void incoming.socket.destroy();
    if (typeof trouble === "object") return void outgoing.writeHead(trouble.status, trouble.headers).end(trouble.body);
    return passOn(apiUrl, incoming, outgoing, trouble);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    next: (...more) => void troubles.push(...more),
    keys,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function passOn(apiUrl: string, incoming: IncomingMessage, outgoing: ServerResponse, trouble: "lost after" | "cut" | undefined): void {
  const { method, headers } = incoming;
  const forwarded = send(`${apiUrl}${incoming.url}`, { method, headers }, (response) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("end", () => {
      const body = Buffer.concat(parts);
      if (trouble === "lost after") return void incoming.socket.destroy();
      outgoing.writeHead(response.statusCode ?? 502, { ...response.headers, "content-length": body.byteLength });
      if (trouble === undefined) return void outgoing.end(body);
      return void outgoing.write(body.subarray(0, body.byteLength / 2), () => incoming.socket.destroy());
    });
  });
  incoming.pipe(forwarded);
}
