// The caller's `Idempotency-Key`: reading it, and the digest that tells one request from another under the same key. What a key
// protects, and for how long, is decided where the effect is written.

import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { MiddlewareHandler } from "hono";
import { uniqueSymbol } from "hono-openapi";
import type { AppEnv } from "../shell/app-env.ts";
import { invalidRequest } from "./faults.ts";

const readKey: MiddlewareHandler<AppEnv> = async (c, next) => {
  const key = c.req.header("Idempotency-Key");
  if (key !== undefined && !VISIBLE_ASCII.test(key)) {
    throw invalidRequest([{ path: "Idempotency-Key", message: "must be 1 to 255 visible ASCII characters" }]);
  }
  c.set("idempotencyKey", key ?? null);
  await next();
};

/** Reads the key into `c.var.idempotencyKey`: optional, 1–255 visible ASCII characters, compared byte by byte. */
export const idempotencyKey = Object.assign(readKey, {
  [uniqueSymbol]: {
    spec: {
      parameters: [
        {
          in: "header",
          name: "Idempotency-Key",
          description: "The same key with the same request is answered once and replayed afterwards.",
          schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[!-~]+$" },
        },
      ],
    },
  },
});

const VISIBLE_ASCII = /^[!-~]{1,255}$/;

/** Names a request: SHA-256 in hex over method, path and the canonical JSON (RFC 8785) of the body as it was sent, parsed. */
export function requestHash(method: string, path: string, body: unknown): string {
  return createHash("sha256")
    .update(`${method} ${path}\n${canonicalize(body) ?? ""}`)
    .digest("hex");
}
