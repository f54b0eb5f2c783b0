// One's own API keys: made, listed, changed, rotated, revoked. They want somebody in person: no key makes another.

import type { Hono } from "hono";
import * as shapes from "@pantheon/contract/keys.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import type { Acting } from "@pantheon/core/accounts/api-keys.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { body, noBody, noQuery, optionalBody, params, query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { requestKey, storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";

type KeyDeps = { readonly db: Database; readonly clock: Clock };

const KEYS = "/api/v1/users/me/keys";
const KEY = `${KEYS}/:key_id`;
const NO_KEY = { 404: "No such key of yours, or a revoked one" };
const ownKey = params(shapes.ApiKeyPath, "API key not found.");

/** Seldom asked: no cold start waits for it. */
const loaded = () => import("@pantheon/core/accounts/api-keys.ts");

/** Mounts the routes. Every one of them wants an authenticated user. */
export function keyRoutes(app: Hono<AppEnv>, deps: KeyDeps): void {
  app.post(
    KEYS,
    describe({
      id: "createApiKey",
      summary: "Make an API key: it is shown this once",
      tag: "keys",
      responds: [201, shapes.ApiKeyMade],
      refusals: { 409: "There are too many keys already" },
    }),
    noQuery,
    idempotencyKey,
    body(shapes.ApiKeyCreate),
    async (c) => {
      const { name, expires_at: expiresAt, models, limits } = c.req.valid("json");
      return storedResponse(c, await (await loaded()).createApiKey(deps, actingOwner(c), { name, expiresAt, models, limits }));
    },
  );
  app.get(
    KEYS,
    describe({ id: "listApiKeys", summary: "Your API keys, newest first", tag: "keys", responds: [200, shapes.ApiKeyList] }),
    query(ListQuery),
    async (c) => {
      const { apiKeyView, listApiKeys } = await loaded();
      return c.var.respond(await listPage(c, c.req.valid("query"), "keys", listApiKeys(deps.db, c.var.caller.wallet), apiKeyView));
    },
  );
  changeRoutes(app, deps);
}

function changeRoutes(app: Hono<AppEnv>, deps: KeyDeps): void {
  app.patch(
    KEY,
    describe({
      id: "patchApiKey",
      summary: "Change an API key's name, end or models",
      tag: "keys",
      responds: [200, shapes.ApiKey],
      refusals: NO_KEY,
    }),
    noQuery,
    idempotencyKey,
    ownKey,
    body(shapes.ApiKeyPatch),
    async (c) => {
      const { name, expires_at: expiresAt, models, limits } = c.req.valid("json");
      const { patchApiKey } = await loaded();
      return storedResponse(c, await patchApiKey(deps, actingOwner(c), c.req.valid("param").key_id, { name, expiresAt, models, limits }));
    },
  );
  app.post(
    `${KEY}/rotate`,
    describe({
      id: "rotateApiKey",
      summary: "Give an API key a new text: it is shown this once",
      tag: "keys",
      responds: [200, shapes.ApiKeyMade],
      refusals: NO_KEY,
    }),
    noQuery,
    idempotencyKey,
    ownKey,
    optionalBody(shapes.ApiKeyRotate),
    async (c) => {
      const { rotateApiKey } = await loaded();
      const { overlap_seconds: overlap } = c.req.valid("json");
      return storedResponse(c, await rotateApiKey(deps.db, actingOwner(c), c.req.valid("param").key_id, overlap));
    },
  );
  app.delete(
    KEY,
    describe({ id: "deleteApiKey", summary: "Revoke an API key", tag: "keys", responds: [204], refusals: NO_KEY }),
    noQuery,
    idempotencyKey,
    ownKey,
    noBody,
    async (c) => {
      const { revokeApiKey } = await loaded();
      return storedResponse(c, await revokeApiKey(deps.db, actingOwner(c), c.req.valid("param").key_id, c.var.caller.wallet));
    },
  );
}

function actingOwner(c: Asked): Acting {
  return { actor: c.var.caller.actor, requestId: c.var.requestId, key: requestKey(c) };
}
