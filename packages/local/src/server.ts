// The gateway of the local world: one port, every function behind it by its addresses, the token issuer and the pay page beside them.
// The functions are the deployed ones; what a cloud would put in front of them is all that is different.

import { serve, type ServerType } from "@hono/node-server";
import { once } from "node:events";
import type { Hono } from "hono";
import { functionFor } from "@pantheon/functions/functions.ts";
import { applications, type Deps } from "@pantheon/functions/whole.ts";

export type LocalServer = {
  readonly url: string;
  /** Puts the functions in place; until then every request is answered 503. */
  mount(deps: Deps, beside: Beside): void;
  close(): Promise<void>;
};

export const ISSUER_PATH = "/auth";
const PAY_PATH = "/pay";
const DOCS_PATHS = new Set(["/docs", "/openapi.json"]);

/** What the local world has beside the functions: its token issuer, the page where a top-up is paid, and the API's description. */
type Beside = { readonly issuer: Hono; readonly pay: Answerer; readonly docs: Answerer };

type Answerer = (request: Request) => Response | Promise<Response>;

const starting: Answerer = () => new Response("Starting.", { status: 503, headers: { "Retry-After": "1" } });

/** Listens on 127.0.0.1. Rejects with the system's error when the port is taken; port 0 picks a free one. */
export async function startServer(port: number): Promise<LocalServer> {
  let answer: Answerer = starting;
  const server: ServerType = serve({ fetch: (request) => answer(request), port, hostname: "127.0.0.1" });
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`,
    mount: (deps, beside) => (answer = gateway(deps, beside)),
    close: () => closeServer(server),
  };
}

function gateway(deps: Deps, { issuer, pay, docs }: Beside): Answerer {
  const apps = applications(deps);
  return (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(`${ISSUER_PATH}/`)) return issuer.fetch(withoutPrefix(request));
    if (pathname === PAY_PATH || pathname.startsWith(`${PAY_PATH}/`)) return pay(request);
    if (DOCS_PATHS.has(pathname)) return docs(request);
    return apps[functionFor(pathname) ?? "users"].fetch(request); // an unknown address is a 404 of some function
  };
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
