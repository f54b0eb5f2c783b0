// The settings in force, and the switch of enforcement (contract section 5).

import type { Hono } from "hono";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { body, noBody, noQuery } from "@pantheon/edge/input/validate.ts";
import { actingAdmin } from "./acting-admin.ts";
import * as shapes from "@pantheon/contract/admin.ts";

const loaded = () => import("@pantheon/core/pricing/settings.ts"); // seldom asked

type SettingsDeps = { readonly db: Database; readonly config: Config };

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`. */
export function settingsRoutes(app: Hono<AppEnv>, { db, config }: SettingsDeps): void {
  const path = "/api/v1/admin/settings";
  app.get(
    path,
    describe({
      id: "readSettings",
      summary: "The settings in force",
      tag: "admin",
      responds: [200, shapes.Settings],
      etag: true,
      refusals: { 403: "Not an admin" },
    }),
    noQuery,
    async (c) => {
      const { readSettings } = await loaded();
      const settings = await readSettings(db, config);
      c.header("ETag", `"${settings.revision}"`);
      return c.var.respond(settings);
    },
  );
  app.patch(
    `${path}/enforcement`,
    describe({
      id: "overrideEnforcement",
      summary: "Override enforcement",
      tag: "admin",
      responds: [200, shapes.Enforcement],
      refusals: { 403: "Not an admin" },
    }),
    noQuery,
    idempotencyKey,
    body(shapes.EnforcementPatch),
    async (c) => storedResponse(c, await (await loaded()).overrideEnforcement(db, actingAdmin(c), c.req.valid("json").enabled, config)),
  );
  app.delete(
    `${path}/enforcement`,
    describe({
      id: "resetEnforcement",
      summary: "Back to the stage's default",
      tag: "admin",
      responds: [200, shapes.Enforcement],
      refusals: { 403: "Not an admin" },
    }),
    noQuery,
    idempotencyKey,
    noBody,
    async (c) => storedResponse(c, await (await loaded()).overrideEnforcement(db, actingAdmin(c), null, config)),
  );
}
