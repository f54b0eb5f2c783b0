// One request of a client over HTTP, with connections kept. An answer that never came is an answer too: its status is null.

import { Agent, request } from "node:http";

export type Call = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly token?: string;
  readonly key?: string;
  readonly body?: unknown;
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Answer = {
  /** Null when the connection broke, or no answer came in time. */
  readonly status: number | null;
  readonly text: string;
  readonly replayed: boolean;
};

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const PATIENCE_MS = 35_000;

export function call(url: string, { method, path, token, key, body, raw, headers }: Call): Promise<Answer> {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return new Promise((resolve) => {
    const gone = (): void => resolve({ status: null, text: "", replayed: false });
    const sent = request(`${url}${path}`, {
      method,
      agent,
      timeout: PATIENCE_MS,
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(key !== undefined && { "Idempotency-Key": key }),
        ...(payload !== undefined && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(payload) }),
        ...headers,
      },
    });
    sent.once("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("error", gone);
      response.once("aborted", gone);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? null,
          text: Buffer.concat(parts).toString("utf8"),
          replayed: response.headers["idempotency-replayed"] === "true",
        }),
      );
    });
    sent.once("error", gone);
    sent.once("timeout", () => sent.destroy());
    sent.end(payload);
  });
}

/** The `code` of a problem document; empty for any other answer. */
export function codeOf({ text }: Answer): string {
  return /"code":"([a-z_]+)"/.exec(text)?.[1] ?? "";
}

/** Ends the kept connections. */
export function hangUp(): void {
  agent.destroy();
}
