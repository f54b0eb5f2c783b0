// The gateway of the local world: one port, every function behind it by its addresses, the token issuer, the pay page and the web app beside them.
// The functions are the deployed ones; what a cloud would put in front of them is all that is different.

import { serve, type ServerType } from "@hono/node-server";
import { once } from "node:events";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { setHouseHeaders } from "@pantheon/edge/shell/envelope.ts";
import { problem } from "@pantheon/edge/output/problem.ts";
import { functionFor } from "@pantheon/functions/functions.ts";
import { applications, type Deps } from "@pantheon/functions/whole.ts";
import { isLoopback } from "@pantheon/ops/place.ts";
import { watchTraffic } from "./traffic.ts";
import { WEBHOOK_PATH } from "./webhook.ts";

export type LocalServer = {
  readonly url: string;
  /** Puts the functions in place; until then every request is answered 503. */
  mount(deps: Deps, beside: Beside): void;
  /** From now on every request is answered 503; resolves when those under way have ended, or after so many milliseconds. */
  finish(patienceMs: number): Promise<void>;
  close(): Promise<void>;
};

export const ISSUER_PATH = "/auth";
export const PAY_PATH = "/pay";
const DOCS_PATHS = new Set(["/docs", "/openapi.json"]);
const STAND_IN_PATH = "/stand-in";
/** The product's own addresses. Everything that is nobody's is the web app's. */
const PRODUCT = ["/api", "/v1", "/webhooks"];

/**
 * What the local world has beside the functions: its token issuer, where a top-up is paid, its own rule for events, the API's description,
 * and the web app if it is served.
 */
type Beside = {
  readonly issuer: Answerer;
  readonly pay: Answerer;
  readonly card: Answerer;
  readonly webhook: Answerer;
  readonly docs: Answerer;
  readonly site: Answerer | null;
};

type Answerer = (request: Request) => Response | Promise<Response>;

const starting: Answerer = () => new Response("Starting.", { status: 503, headers: { "Retry-After": "1" } });
const stopping: Answerer = () => new Response("Stopping.", { status: 503, headers: { Connection: "close" } });

/**
 * Listens on this machine alone, unless `host` opens it. Rejects with the system's error when the port is taken; port 0 picks a free one.
 * An address of one network card is listened on beside the loopback one, by which the world calls itself.
 */
export async function startServer(port: number, host = LOOPBACK): Promise<LocalServer> {
  let answer: Answerer = starting;
  const fetch = (request: Request) => traffic.during(async () => asItComes(await answer(request)));
  const isWhole = isLoopback(host) || EVERY_ADDRESS.has(host);
  const server = await listen(fetch, port, isWhole ? host : LOOPBACK);
  const traffic = watchTraffic(server);
  const address = server.address();
  const taken = typeof address === "object" && address !== null ? address.port : port;
  const more = isWhole
    ? null
    : await listen(fetch, taken, host).catch(async (error: unknown) => {
        await closeServer(server);
        throw error;
      });
  const own = isLoopback(host) ? host : LOOPBACK;
  return {
    url: `http://${own.includes(":") ? `[${own}]` : own}:${taken}`,
    mount: (deps, beside) => (answer = gateway(deps, beside)),
    finish: async (patienceMs) => {
      answer = stopping;
      await traffic.idle(patienceMs);
    },
    close: async () => {
      await closeServer(server);
      if (more !== null) await closeServer(more);
    },
  };
}

const LOOPBACK = "127.0.0.1";
const EVERY_ADDRESS = new Set(["0.0.0.0", "::"]);

async function listen(fetch: Answerer, port: number, hostname: string): Promise<ServerType> {
  const server = serve({ fetch, port, hostname });
  await once(server, "listening");
  return server;
}

/** Says of a stream that it comes in chunks: else the HTTP server keeps its head back for a tick of a timer, to learn how long it is. */
function asItComes(response: Response): Response {
  if (response.headers.get("Content-Type")?.startsWith("text/event-stream")) response.headers.set("Transfer-Encoding", "chunked");
  return response;
}

function gateway(deps: Deps, { issuer, pay, card, webhook, docs, site }: Beside): Answerer {
  const apps = applications(deps);
  return (request) => {
    const address = new URL(request.url);
    const { pathname } = address;
    const isUnder = (path: string) => pathname === path || pathname.startsWith(`${path}/`);
    if (isForeign(request, address, deps.config.corsAllowedOrigins)) return foreign(deps.config.commit);
    if (pathname.startsWith(`${ISSUER_PATH}/`)) return issuer(withoutPrefix(request));
    if (isUnder(PAY_PATH)) return pay(request);
    if (isUnder(STAND_IN_PATH)) return card(request);
    if (pathname === WEBHOOK_PATH) return webhook(request);
    if (DOCS_PATHS.has(pathname)) return docs(request);
    if (site !== null && !PRODUCT.some(isUnder)) return site(request);
    return apps[functionFor(pathname) ?? "users"].fetch(request); // an unknown address is a 404 of some function
  };
}

/**
 * Whether a web page of elsewhere asks for a change. This server listens on a known port, and takes payment events unsigned and without a
 * token: any page that is open in the same browser could send one. A page whose name was made to lead here names that name, not this machine.
 */
function isForeign({ method, headers }: Request, { host, hostname }: URL, allowed: readonly string[]): boolean {
  const origin = headers.get("Origin");
  if (origin === null || ["GET", "HEAD", "OPTIONS"].includes(method)) return false;
  const isOwn = ["127.0.0.1", "localhost", "[::1]"].includes(hostname) && origin === `http://${host}`;
  return !isOwn && !allowed.includes(origin);
}

function foreign(commit: string): Response {
  const refusal = new DomainError("forbidden", "This origin may not change anything here. Name it in CORS_ALLOWED_ORIGINS.");
  const own = newId();
  const response = problem(refusal, own);
  setHouseHeaders(response.headers, { own, caller: null }, commit);
  response.headers.set("Vary", "Origin");
  return response;
}

function withoutPrefix(request: Request): Request {
  const url = new URL(request.url);
  url.pathname = url.pathname.slice(ISSUER_PATH.length);
  return new Request(url, request);
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = once(server, "close");
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await closed;
}
