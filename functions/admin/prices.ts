// Prices and pricing versions (contract section 5).

import type { Hono } from "hono";
import type { Database } from "@pantheon/core/db/database.ts";
import { storedAnswer } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { invalidRequest } from "@pantheon/edge/input/faults.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { body, noBody, noQuery, params } from "@pantheon/edge/input/validate.ts";
import { activateVersion, createVersion, patchPrice, readPrices } from "@pantheon/core/pricing/prices.ts";
import { actingAdmin } from "./acting-admin.ts";
import * as shapes from "@pantheon/contract/admin.ts";
import { MODELS } from "@pantheon/core/models/models.ts";

type PricingDeps = { readonly db: Database };

const NO_ADMIN = { 403: "Not an admin" };
const VersionCreate = shapes.versionCreate(Object.keys(MODELS));

export function pricingRoutes(app: Hono<AppEnv>, { db }: PricingDeps): void {
  app.get(
    "/api/v1/admin/pricing",
    describe({
      id: "listPrices",
      summary: "The active prices",
      tag: "admin",
      responds: [200, shapes.PriceList],
      etag: true,
      refusals: NO_ADMIN,
    }),
    noQuery,
    async (c) => {
      const prices = await readPrices(db);
      c.header("ETag", `"${prices.revision}"`);
      return c.var.respond(prices);
    },
  );
  app.patch(
    "/api/v1/admin/pricing/:model_alias",
    describe({
      id: "patchPrice",
      summary: "Change a multiplier, from the very next turn on",
      tag: "admin",
      responds: [200, shapes.Price],
      ifMatch: true,
      refusals: { ...NO_ADMIN, 404: "No such price", 412: "The revision in If-Match is out of date" },
    }),
    noQuery,
    idempotencyKey,
    params(shapes.AliasPath, "Model alias not found for pricing version."),
    body(shapes.PricePatch),
    async (c) => {
      const { multiplier, pricing_version: version } = c.req.valid("json");
      const price = { alias: c.req.valid("param").model_alias, version, multiplier, ifRevision: ifRevision(c.req.header("If-Match")) };
      return storedAnswer(c, await patchPrice(db, actingAdmin(c), price));
    },
  );
  versionRoutes(app, db);
}

function versionRoutes(app: Hono<AppEnv>, db: Database): void {
  app.post(
    "/api/v1/admin/pricing/versions",
    describe({
      id: "createPricingVersion",
      summary: "A new pricing version, copied from the active one or given in full",
      tag: "admin",
      responds: [201, shapes.PricingVersion],
      refusals: { ...NO_ADMIN, 409: "There is a version of that name" },
    }),
    noQuery,
    idempotencyKey,
    body(VersionCreate),
    async (c) => {
      const { version, label, effective_date: effectiveDate, items } = c.req.valid("json");
      return storedAnswer(c, await createVersion(db, actingAdmin(c), { version, label, effectiveDate, items: items ?? null }));
    },
  );
  app.post(
    "/api/v1/admin/pricing/versions/:version/activate",
    describe({
      id: "activatePricingVersion",
      summary: "Make a version the active one, in one switch",
      tag: "admin",
      responds: [200, shapes.ActivatedVersion],
      refusals: { ...NO_ADMIN, 404: "No such version" },
    }),
    noQuery,
    idempotencyKey,
    params(shapes.VersionPath, "Pricing version not found."),
    noBody,
    async (c) => storedAnswer(c, await activateVersion(db, actingAdmin(c), c.req.valid("param").version)),
  );
}

/** `If-Match: "<revision>"` (RFC 9110, section 13.1.1); `*` asks for nothing, and neither does its absence. */
function ifRevision(header: string | undefined): string | null {
  if (header === undefined || header === "*") return null;
  const revision = /^"(\d{1,18})"$/.exec(header)?.[1];
  if (revision === undefined) throw invalidRequest([{ path: "If-Match", message: 'must be a revision in quotes, "12"' }]);
  return revision;
}
