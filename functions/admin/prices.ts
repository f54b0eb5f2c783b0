// Prices and pricing versions (contract section 5).

import type { Hono } from "hono";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { invalidRequest } from "@pantheon/edge/input/faults.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { body, noBody, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import type { Economy } from "@pantheon/core/pricing/versions.ts";
import { actingAdmin } from "./acting-admin.ts";
import * as shapes from "@pantheon/contract/prices.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import { MODELS } from "@pantheon/core/models/models.ts";

type PricingDeps = { readonly db: Database; readonly clock: Clock; readonly config: Pick<Config, "usdPerCredit"> };

const NO_ADMIN = { 403: "Not an admin" };
const VersionCreate = shapes.versionCreate(Object.keys(MODELS));

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`. */
export function pricingRoutes(app: Hono<AppEnv>, { db, clock, config }: PricingDeps): void {
  const economy: Economy = { db, clock, models: MODELS, usdPerCredit: config.usdPerCredit };
  app.get(
    "/api/v1/admin/pricing",
    describe({
      id: "listPrices",
      summary: "The active prices, and what each earns",
      tag: "admin",
      description:
        "Beside each multiplier: what a million tokens are sold for, their list cost, the multiplier from which on nothing is lost, and what the " +
        "use of the last 30 days would have earned at it. `warnings` are what an admin should know; they forbid nothing.",
      responds: [200, shapes.PriceList],
      etag: true,
      refusals: NO_ADMIN,
    }),
    noQuery,
    async (c) => {
      const { readPrices } = await import("@pantheon/core/pricing/versions.ts");
      const prices = await readPrices(economy);
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
      responds: [200, shapes.PatchedPrice],
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
      const { patchPrice } = await import("@pantheon/core/pricing/prices.ts");
      return storedResponse(c, await patchPrice(economy, actingAdmin(c), price));
    },
  );
  versionReads(app, economy);
  versionWrites(app, economy);
}

function versionReads(app: Hono<AppEnv>, economy: Economy): void {
  app.get(
    "/api/v1/admin/pricing/versions",
    describe({
      id: "listPricingVersions",
      summary: "Every pricing version, newest first",
      tag: "admin",
      responds: [200, shapes.PricingVersionList],
      refusals: NO_ADMIN,
    }),
    query(ListQuery),
    async (c) => {
      const { listVersions, versionView } = await import("@pantheon/core/pricing/versions.ts");
      const view = (row: Parameters<typeof versionView>[0]) => versionView(row, economy);
      return c.var.respond(await listPage(c, c.req.valid("query"), "versions", listVersions(economy), view));
    },
  );
  app.get(
    "/api/v1/admin/pricing/versions/:version",
    describe({
      id: "readPricingVersion",
      summary: "A pricing version whole, and what it would earn: to be looked at before it is activated",
      tag: "admin",
      responds: [200, shapes.PricingVersionRead],
      etag: true,
      refusals: { ...NO_ADMIN, 404: "No such version" },
    }),
    noQuery,
    params(shapes.VersionPath, "Pricing version not found."),
    async (c) => {
      const { readVersion } = await import("@pantheon/core/pricing/versions.ts");
      const version = await readVersion(economy, c.req.valid("param").version);
      c.header("ETag", `"${version.revision}"`);
      return c.var.respond(version);
    },
  );
}

function versionWrites(app: Hono<AppEnv>, economy: Economy): void {
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
      const { version, label, effective_date: effectiveDate, items, tool_credits: toolCredits } = c.req.valid("json");
      const asked = { version, label, effectiveDate, items: items ?? null, toolCredits: toolCredits ?? null };
      const { createVersion } = await import("@pantheon/core/pricing/prices.ts");
      return storedResponse(c, await createVersion(economy, actingAdmin(c), asked));
    },
  );
  app.post(
    "/api/v1/admin/pricing/versions/:version/activate",
    describe({
      id: "activatePricingVersion",
      summary: "Make a version the active one, in one switch",
      tag: "admin",
      description:
        "Not before its `effective_date` has come (UTC). With `If-Match`, only if no price or setting was changed since it was looked at.",
      responds: [200, shapes.ActivatedVersion],
      ifMatch: true,
      refusals: {
        ...NO_ADMIN,
        404: "No such version",
        409: "Its effective date has not come",
        412: "The revision in If-Match is out of date",
      },
    }),
    noQuery,
    idempotencyKey,
    params(shapes.VersionPath, "Pricing version not found."),
    noBody,
    async (c) => {
      const { activateVersion } = await import("@pantheon/core/pricing/prices.ts");
      const seen = ifRevision(c.req.header("If-Match"));
      return storedResponse(c, await activateVersion(economy, actingAdmin(c), c.req.valid("param").version, seen));
    },
  );
}

/** `If-Match: "<revision>"` (RFC 9110, section 13.1.1); `*` asks for nothing, and neither does its absence. */
function ifRevision(header: string | undefined): string | null {
  if (header === undefined || header === "*") return null;
  const revision = /^"(\d{1,18})"$/.exec(header)?.[1];
  if (revision === undefined) throw invalidRequest([{ path: "If-Match", message: 'must be a revision in quotes, "12"' }]);
  return revision;
}
