// A small application in the real shell, on a real server, and a client that sends exactly the bytes it is told. No database: what is
// tested with it is the edge alone.

import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { BrokenInvariant, DomainError } from "@pantheon/contract/error.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import type { HealthProbe } from "@pantheon/edge/shell/health.ts";
import { idempotencyKey, requestHash } from "@pantheon/edge/input/idempotency-key.ts";
import { pageOf } from "@pantheon/edge/input/list-query.ts";
import { Problem, type ProblemDocument } from "@pantheon/contract/problem.ts";
import { Id, ListQuery, text } from "@pantheon/contract/wire.ts";
import { body, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { quietLog, type QuietLog } from "./quiet-log.ts";

export const ID = "01932f7d-0000-7000-8000-000000000001";
/** Takes a POST with `{message, tags?, size?}`. */
export const THING = `/api/v1/things/${ID}`;
export const ORIGINS = ["https://app.example.com", "http://localhost:3000"];
const NOW = 1_795_000_000_000;

export type Sent = { method?: string; path?: string; headers?: Record<string, string | string[]>; body?: string | Buffer };
export type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

export type Edge = {
  /** One request; without a Content-Length the body goes out in chunks. */
  send: (sent: Sent) => Promise<Answer>;
  /** A POST of JSON to THING; a text or bytes go out as they are. */
  post: (payload: unknown, more?: Sent) => Promise<Answer>;
  /** The log of the test that runs. */
  lines: QuietLog["lines"];
  port: () => number;
  /** What health finds from now on, in this test. */
  healthFinds: (probe: () => Promise<HealthProbe>) => void;
};

/** Starts the application for the tests of a file. */
export function startEdge(): Edge {
  const log = quietLog();
  let probe = atHead;
  const app = edgeApp(log, () => probe());
  const listener = getRequestListener(app.fetch);
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  let port = 0;
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
  beforeEach(() => {
    log.lines.length = 0;
    probe = atHead;
  });
  return {
    send: (sent) => send(port, sent),
    post: (payload, more = {}) => send(port, posted(payload, more)),
    lines: log.lines,
    port: () => port,
    healthFinds: (found) => (probe = found),
  };
}

export const EDGE_CONFIG = {
  stage: "local", // where health is asked each time
  version: "0.1.0",
  commit: "c0ffee",
  corsAllowedOrigins: ORIGINS,
  logAddress: { how: "short", key: null },
  buildToken: null,
} as const;

/** The application itself, for adapters that bring no server. */
export function edgeApp(log: QuietLog, health: () => Promise<HealthProbe> = atHead): Hono<AppEnv> {
  return createApp({ config: EDGE_CONFIG, name: "turns", log, clock: () => NOW, ticks: () => NOW, health, routes });
}

/** A refusal in short, `422 invalid_request at message`, after a look at what every refusal must have. */
export async function refused(answering: Promise<Answer> | Answer): Promise<string> {
  const answer = await answering;
  const { code, errors } = problemOf(answer);
  const path = errors?.[0]?.path ?? "";
  return `${answer.status} ${code}${path && ` at ${path}`}`;
}

/** The problem that was answered, after the same look. */
export function problemOf(answer: Answer): ProblemDocument {
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  const document = v.parse(Problem, JSON.parse(answer.text));
  expect(document).toMatchObject({ status: answer.status, type: `/problems/${document.code}`, request_id: answer.headers["x-request-id"] });
  expect(answer.text).not.toMatch(/canary|postgres:|insert into|node_modules|\.ts|at Object/);
  expect(houseHeaders(answer)).toEqual(HOUSE_HEADERS);
  return document;
}

export const HOUSE_HEADERS = {
  version: "c0ffee",
  cache: "no-store",
  sniff: "nosniff",
  onlyTls: "max-age=63072000; includeSubDomains",
  requestId: true,
  poweredBy: undefined,
  server: undefined,
};

/** The headers that every answer has, and those that none may have. */
export function houseHeaders({ headers }: Answer): unknown {
  return {
    version: headers["pantheon-version"],
    cache: headers["cache-control"],
    sniff: headers["x-content-type-options"],
    onlyTls: headers["strict-transport-security"],
    requestId: /^[A-Za-z0-9._-]{1,64}$/.test(String(headers["x-request-id"])),
    poweredBy: headers["x-powered-by"],
    server: headers.server,
  };
}

const HEAD = "20261120_0023_x";

function atHead(): Promise<HealthProbe> {
  return Promise.resolve({ migrationHead: HEAD, expectedMigrationHead: HEAD, revision: "7", databaseRole: "application", maintenance: [] });
}

const ThingCreate = v.strictObject({
  message: text(1, 32_000),
  tags: v.optional(v.array(v.picklist(["a", "b"]))),
  size: v.optional(v.number()),
});

const FAILURES: Record<string, unknown> = {
  error: new Error('insert into "turns" failed at postgres://user:canary@db.internal'),
  invariant: new BrokenInvariant("a test invariant"),
  text: "canary",
  busy: new DomainError("session_busy", "Busy.", { retryAfter: 2 }),
};

function routes(app: Hono<AppEnv>): void {
  app.post("/api/v1/things/:thing_id", noQuery, idempotencyKey, params(v.strictObject({ thing_id: Id })), body(ThingCreate), (c) => {
    if (c.req.valid("param").thing_id !== ID) throw new DomainError("not_found", "Not found.");
    const hash = requestHash(c.req.method, c.req.path, c.var.sentBody);
    return c.json({ characters: Array.from(c.req.valid("json").message).length, key: c.var.idempotencyKey, hash }, 201);
  });
  app.get("/api/v1/things", query(ListQuery), (c) => c.json(pageOf("things", ["id"], c.req.valid("query"))));
  app.get("/api/v1/deadline", (c) => c.json({ in: c.var.deadline - NOW }));
  app.get("/api/v1/never", () => new Promise<Response>(() => {}));
  app.get("/api/v1/bytes", (c) => {
    c.header("Set-Cookie", "a=1", { append: true });
    c.header("Set-Cookie", "b=2", { append: true });
    return c.body(new Uint8Array([0, 255, 254, 10]));
  });
  app.get("/api/v1/named/:name", (c) => c.json({ name: c.req.param("name") }));
  app.get("/api/v1/echo", (c) => c.json({ url: c.req.url, cookie: c.req.header("Cookie") ?? null, list: c.req.header("X-List") ?? null }));
  app.get("/api/v1/fails/:how", (c) => {
    throw FAILURES[c.req.param("how")];
  });
}

function posted(payload: unknown, more: Sent): Sent {
  const raw = typeof payload === "string" || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  const headers = { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(raw)), ...more.headers };
  return { method: "POST", path: THING, ...more, headers, body: raw };
}

function send(port: number, { method = "GET", path = "/api/v1/things", headers = {}, body: payload }: Sent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = httpRequest({ host: "127.0.0.1", port, method, path, headers, agent: false, timeout: 20_000 }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
    );
    response.on("error", reject);
  });
  request.on("timeout", () => request.destroy(new Error("no answer in 20 s")));
  request.on("error", reject);
  request.end(payload);
  return promise;
}
