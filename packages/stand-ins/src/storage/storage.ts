// The stand-in for S3: objects of one folder over real HTTP, for the unmodified SDK and for whoever has a signed address. It says what came
// as S3 does, and like S3 again when nobody took it. Owns the server, the folder, and what a test may do to it.

import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@pantheon/contract/id.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { readBytes } from "../read-body.ts";
import { faultOfAddress } from "./signed-address.ts";

export type StandInStorage = {
  /** For `FILE_STORAGE_URL`. */
  readonly url: string;
  /** The keys of what lies there now. */
  keys(): Promise<string[]>;
  /** Told of each object that came. What it rejects is delivered twice more. */
  onObject(take: ((event: object) => Promise<unknown>) | null): void;
  /** The next uploads are answered with this status. */
  failNext(status: number, requests?: number): void;
  /** How often each event is delivered: 0 drops it. */
  readonly events: { times: number };
  /** Resolves when every event was taken, or given up. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

export type StorageOptions = { readonly folder: string; readonly port?: number; readonly clock?: Clock };

type State = {
  readonly folder: string;
  readonly clock: Clock;
  readonly failing: number[];
  readonly events: { times: number };
  readonly underWay: Set<Promise<void>>;
  take: ((event: object) => Promise<unknown>) | null;
  port: number;
};

/** The name of the stand-in's bucket. It takes any. */
export const STAND_IN_BUCKET = "pantheon-files";
const MOST_OCTETS = 64 * 1_024 * 1_024;
const DELIVERIES = 3;
const AGAIN_MS = 50;

/** Starts it; it listens when this resolves. */
export async function startStorage({ folder, port = 0, clock = Date.now }: StorageOptions): Promise<StandInStorage> {
  await mkdir(folder, { recursive: true });
  const state: State = { folder, clock, failing: [], events: { times: 1 }, underWay: new Set(), take: null, port };
  const server = createServer((request, response) => void serve(state, request, response)).listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  state.port = typeof address === "object" && address !== null ? address.port : port;
  const settled = async () => {
    while (state.underWay.size > 0) await Promise.all(state.underWay);
  };
  return {
    url: `http://127.0.0.1:${state.port}`,
    keys: async () => (await readdir(folder)).map((name) => decodeURIComponent(name)).toSorted(),
    onObject: (take) => (state.take = take),
    failNext: (status, requests = 1) => void state.failing.push(...Array.from({ length: requests }, () => status)),
    events: state.events,
    settled,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await settled();
    },
  };
}

/** Browsers put files there from the application's own address. */
const CORS = { "access-control-allow-origin": "*", "access-control-allow-methods": "PUT", "access-control-allow-headers": "*" };

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", `http://127.0.0.1:${state.port}`);
  const bytes = await readBytes(request, MOST_OCTETS);
  if (request.method === "OPTIONS") return void response.writeHead(200, CORS).end();
  const failing = request.method === "PUT" ? state.failing.shift() : undefined;
  if (failing !== undefined) return refuse(response, failing, "InternalError");
  if (bytes === null) return refuse(response, 400, "EntityTooLarge");
  const isSigned = request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 ") ?? false;
  const fault = isSigned ? null : faultOfAddress(request, url, state.clock());
  if (fault !== null) return refuse(response, 403, fault);
  const [, bucket, ...rest] = url.pathname.split("/");
  const key = decodeURIComponent(rest.join("/"));
  if (!bucket || key === "") return refuse(response, 404, "NoSuchBucket");
  await act(state, request.method ?? "", { bucket, key, bytes }, response);
}

type Asked = { readonly bucket: string; readonly key: string; readonly bytes: Buffer };

async function act(state: State, method: string, { bucket, key, bytes }: Asked, response: ServerResponse): Promise<void> {
  const file = join(state.folder, encodeURIComponent(key));
  if (method === "PUT") {
    await writeFile(file, bytes);
    response.writeHead(200, { etag: `"${newId()}"`, ...CORS }).end();
    tell(state, { bucket, key, size: bytes.length });
  } else if (method === "GET") {
    const held = await readFile(file).catch(() => null);
    if (held === null) return refuse(response, 404, "NoSuchKey");
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": held.length }).end(held);
  } else if (method === "DELETE") {
    await rm(file, { force: true });
    response.writeHead(204).end();
  } else refuse(response, 405, "MethodNotAllowed");
}

function refuse(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>The stand-in refuses.</Message></Error>`;
  response.writeHead(status, { "content-type": "application/xml", ...CORS }).end(body);
}

/** The event of an object that came, in S3's form. */
export function objectCreated(bucket: string, key: string, size: number): object {
  const object = { key: encodeURIComponent(key).replaceAll("%20", "+"), size };
  return { Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3: { bucket: { name: bucket }, object } }] };
}

function tell(state: State, { bucket, key, size }: { bucket: string; key: string; size: number }): void {
  for (let time = 0; time < state.events.times; time += 1) {
    const delivery = deliver(state, objectCreated(bucket, key, size));
    state.underWay.add(delivery);
    void delivery.finally(() => state.underWay.delete(delivery));
  }
}

async function deliver(state: State, event: object): Promise<void> {
  for (let tried = 1; tried <= DELIVERIES; tried += 1) {
    try {
      await state.take?.(event);
      return;
    } catch {
      await sleep(AGAIN_MS * tried);
    }
  }
}
