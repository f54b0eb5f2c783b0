// Everybody's API keys: listed, let do more, and revoked (contract section 5).

import type { Hono } from "hono";
import * as shapes from "@pantheon/contract/keys.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { body, noBody, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { actingAdmin } from "./acting-admin.ts";

const NO_ADMIN = { 403: "Not an admin" };

/** Seldom asked: no cold start waits for it. */
const loaded = () => import("@pantheon/core/accounts/api-keys.ts");

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`. */
export function keyRoutes(app: Hono<AppEnv>, { db }: { readonly db: Database }): void {
  app.get(
    "/api/v1/admin/keys",
    describe({
      id: "listUserApiKeys",
      summary: "Everybody's API keys, or somebody's, newest first",
      tag: "admin",
      responds: [200, shapes.AdminApiKeyList],
      refusals: NO_ADMIN,
    }),
    query(shapes.AdminKeysQuery),
    async (c) => {
      const { apiKeyView, listApiKeys } = await loaded();
      const asked = c.req.valid("query");
      const list = listApiKeys(db, asked.user_id ?? null);
      return c.var.respond(await listPage(c, asked, "keys", list, (row) => ({ ...apiKeyView(row), user_id: row.user_id })));
    },
  );
  app.patch(
    "/api/v1/admin/keys/:key_id",
    describe({
      id: "patchUserApiKey",
      summary: "Let somebody's API key act for others, or book usage after the fact",
      tag: "admin",
      responds: [200, shapes.AdminApiKey],
      refusals: { ...NO_ADMIN, 404: "No such key, or a revoked one" },
    }),
    noQuery,
    idempotencyKey,
    params(shapes.ApiKeyPath, "API key not found."),
    body(shapes.ApiKeyRights),
    async (c) => {
      const { letApiKey } = await loaded();
      const { acts_for_others: actsForOthers, books_usage: booksUsage } = c.req.valid("json");
      return storedResponse(c, await letApiKey(db, actingAdmin(c), c.req.valid("param").key_id, { actsForOthers, booksUsage }));
    },
  );
  app.delete(
    "/api/v1/admin/keys/:key_id",
    describe({
      id: "deleteUserApiKey",
      summary: "Revoke somebody's API key",
      tag: "admin",
      responds: [204],
      refusals: { ...NO_ADMIN, 404: "No such key, or a revoked one" },
    }),
    noQuery,
    idempotencyKey,
    params(shapes.ApiKeyPath, "API key not found."),
    noBody,
    async (c) => {
      const { revokeApiKey } = await loaded();
      return storedResponse(c, await revokeApiKey(db, actingAdmin(c), c.req.valid("param").key_id, null));
    },
  );
}
