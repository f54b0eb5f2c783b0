// The function `completions` as an application: the door for programs that were made for other APIs. Its refusals are told in their shape.

import type { Hono, MiddlewareHandler } from "hono";
import type { DomainError } from "@pantheon/contract/error.ts";
import type { CompletionsDeps } from "./deps.ts";
import { probeHealth } from "@pantheon/core/maintenance/health-probe.ts";
import type { Keyring } from "@pantheon/core/accounts/keyring.ts";
import { invocationOf, type AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { authenticated, type KeyReader } from "@pantheon/edge/auth/access.ts";
import { problem } from "@pantheon/edge/output/problem.ts";
import { chatRoutes } from "./chat.ts";
import { messageRoutes } from "./messages.ts";
import { listingRoutes } from "./listing.ts";
import { messageRefusal } from "./message-refusal.ts";
import { refused } from "./refused.ts";
import { createRepeated } from "./repeated.ts";
import { responseRoutes } from "./responses.ts";

/** Lambda takes 6 MB with all that is around it, and a body is JSON in JSON there. */
const MAX_BODY_BYTES = 4.5 * 1_024 * 1_024;
const FUNCTION_MS = 15 * 60_000;

/** What the SDKs send beside the key. */
const SDK_HEADERS = [
  ...["arch", "async", "helper-method", "lang", "os", "package-version", "read-timeout", "retry-count", "runtime", "runtime-version"].map(
    (name) => `X-Stainless-${name}`,
  ),
  "X-Stainless-Timeout",
  "OpenAI-Organization",
  "OpenAI-Project",
  "Anthropic-Version",
  "Anthropic-Beta",
  "X-Api-Key",
  "HTTP-Referer",
  "X-Title",
];

/** In the shape of the API that the address belongs to. */
function refusedAt(path: string, refusal: DomainError, requestId: string): Response {
  if (!path.startsWith("/v1")) return problem(refusal, requestId);
  return path.startsWith("/v1/messages") ? refused(refusal, messageRefusal) : refused(refusal);
}

/** Anthropic's clients send their key in a header of its own. */
const apiKeyHeader: MiddlewareHandler<AppEnv> = async (c, next) => {
  const key = c.req.header("X-Api-Key");
  if (key !== undefined && c.req.header("Authorization") === undefined) {
    const { url, method, signal } = c.req.raw;
    const headers = new Headers(c.req.raw.headers);
    headers.set("Authorization", `Bearer ${key}`);
    c.req.raw = new Request(url, { method, headers, signal }); // its body was taken before (size-limits.ts)
  }
  await next();
};

/** What runs a call; anything else asks for the key's row at once. */
const CALLS: ReadonlySet<string> = new Set(["/v1/chat/completions", "/v1/responses", "/v1/messages"]);

/** A call's own statement asks the key's row: then what a container remembers of its owner is enough. */
function keyReader(keyring: Keyring): KeyReader {
  return (key, { path }) => keyring.callerOf(key, { decidedLater: CALLS.has(path) });
}

export function completionsApp(deps: CompletionsDeps): Hono<AppEnv> {
  const { config, log, clock, ticks } = deps;
  const placing = { ...deps, repeated: createRepeated(ticks, deps.keyring.stillGood) };
  return createApp({
    name: "completions",
    config,
    log,
    clock,
    ticks,
    maxBodyBytes: MAX_BODY_BYTES,
    timeLeft: (c) => invocationOf(c).timeLeft?.() ?? FUNCTION_MS,
    refused: (refusal, requestId, path) => refusedAt(path, refusal, requestId),
    allowHeaders: SDK_HEADERS,
    health: () => probeHealth(deps.db),
    routes: (app) => {
      app.use("/v1/messages", apiKeyHeader);
      app.use("/v1/*", authenticated(deps.verify, config, keyReader(deps.keyring)));
      chatRoutes(app, placing);
      responseRoutes(app, placing);
      messageRoutes(app, placing);
      listingRoutes(app, deps);
    },
  });
}
