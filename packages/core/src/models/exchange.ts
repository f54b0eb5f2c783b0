// One HTTP exchange with a provider, over Node's own client: less CPU than `fetch`, whose web streams cost more than reading the
// answer does. Owns the connections, which are kept for the next call. Follows no redirect, since that would carry the key to another
// host, and asks for no compression, so that nothing waits in a decompressor.

import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";

export type Sent = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Breaks the connection off, at any time; what waits for it then throws. */
  readonly signal: AbortSignal;
};

export type Received = {
  readonly status: number;
  /** The header's value, or null. The name in small letters. */
  readonly header: (name: string) => string | null;
  /** All that has come since the last time, as soon as there is anything; undefined at the end. Throws when the connection broke. */
  readonly read: () => Promise<Uint8Array | undefined>;
};

/** POSTs, and answers when the response's headers are there, whatever its status. Throws when no response came. */
export type Exchange = (url: string, sent: Sent) => Promise<Received>;

/** How long a connection waits for its next call: less than the servers of providers do, which would end it under a request. */
const IDLE_CONNECTION_MS = 4_000;
const KEPT = { keepAlive: true, timeout: IDLE_CONNECTION_MS } as const;
const SCHEMES = {
  "http:": { ask: requestHttp, agent: new HttpAgent(KEPT) },
  "https:": { ask: requestHttps, agent: new HttpsAgent(KEPT) },
};

const BROKEN_OFF = new Error("broken off"); // made once: an error with its stack is dear

/** The exchange over the network. */
export const exchange: Exchange = async (url, { headers, body, signal }) => {
  const { ask, agent } = SCHEMES[url.startsWith("https:") ? "https:" : "http:"];
  const length = String(Buffer.byteLength(body));
  const request = ask(url, { method: "POST", agent, headers: { ...headers, "content-length": length } });
  let response: IncomingMessage | null = null;
  const breakOff = (): void => {
    if (response === null) request.destroy(BROKEN_OFF);
    else if (!response.readableEnded) response.destroy(); // one that was read to its end has given its connection back
  };
  signal.addEventListener("abort", breakOff, { once: true });
  response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).on("error", reject).end(body);
    if (signal.aborted) breakOff();
  });
  response.on("error", () => {}); // whoever reads is told
  const parts = response.iterator();
  const { statusCode = 0, headers: told } = response;
  return {
    status: statusCode,
    header: (name) => {
      const value = told[name];
      return typeof value === "string" ? value : null;
    },
    read: async () => (await parts.next()).value,
  };
};
