// Prices as an admin sees and changes them. Every change is one statement with its audit row; what was charged before never moves.

import type * as v from "valibot";
import type { ActivatedVersion, Price, PriceList, PricingVersion } from "@pantheon/contract/admin.ts";
import type { Database } from "../db/database.ts";
import { once, type ActingAdmin, type Answered } from "../audit/once.ts";
import { patchPrice as PATCH_PRICE } from "./statements/patch-price.ts";
import { activateVersion as ACTIVATE_VERSION, createVersion as CREATE_VERSION } from "./statements/pricing-version.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";

type PriceItem = v.InferInput<typeof Price>;

/** The active version's prices by alias, with the revision that they are true at. */
export async function readPrices(db: Database): Promise<v.InferInput<typeof PriceList>> {
  const rows = await db.query
    .selectFrom("runtime_settings as s")
    .innerJoin("pricing_versions as v", (join) => join.on("v.is_active", "=", true))
    .innerJoin("model_pricing as m", "m.pricing_version", "v.version")
    .select(["s.revision", "m.model_alias", "m.multiplier", "m.pricing_version"])
    .orderBy("m.model_alias")
    .execute();
  const [first] = rows;
  if (!first) throw new DomainError("not_configured", "No pricing version is active.");
  const items = rows.map((row) => ({
    model_alias: row.model_alias,
    multiplier: format(amount(row.multiplier)),
    pricing_version: row.pricing_version,
  }));
  return { pricing_version: first.pricing_version, revision: first.revision, items };
}

/** Sets one multiplier. 404 for an unknown pair; 412 when `ifRevision` is given and the revision has moved on. */
export function patchPrice(
  db: Database,
  by: ActingAdmin,
  price: { version: string; alias: string; multiplier: Amount; ifRevision: string | null },
): Promise<Answered> {
  const multiplier = format(price.multiplier);
  const item: PriceItem = { model_alias: price.alias, multiplier, pricing_version: price.version };
  return once(db, by, () => ({
    status: 200,
    body: item,
    run: (kept) => db.run(PATCH_PRICE, { ...kept, ...price, multiplier }),
    refusal: (row) => {
      if (!row?.known) return new DomainError("not_found", "Model alias not found for pricing version.");
      if (row.changed) return null;
      const members = { revision: row.revision };
      return new DomainError("precondition_failed", "Prices or settings have changed since that revision.", { members });
    },
  }));
}

export type NewVersion = {
  readonly version: string;
  readonly label: string;
  readonly effectiveDate: string;
  /** Every alias that can be run; null copies the active version. */
  readonly items: readonly { model_alias: string; multiplier: Amount }[] | null;
};

/** Makes a version that is not active yet, with the active one's weights. 409 when there is one of that name. */
export function createVersion(db: Database, by: ActingAdmin, asked: NewVersion): Promise<Answered> {
  return once(db, by, async () => {
    const active = asked.items === null ? await readPrices(db) : null;
    const items = (active?.items ?? asked.items ?? []).map((item) => ({
      model_alias: item.model_alias,
      multiplier: typeof item.multiplier === "string" ? item.multiplier : format(item.multiplier),
      pricing_version: asked.version,
    }));
    items.sort((a, b) => (a.model_alias < b.model_alias ? -1 : 1));
    const body: v.InferInput<typeof PricingVersion> = {
      version: asked.version,
      label: asked.label,
      effective_date: asked.effectiveDate,
      is_active: false,
      items,
    };
    const input = { ...asked, items: JSON.stringify(items), ifRevision: active?.revision ?? null };
    return {
      status: 201,
      body,
      run: (kept) => db.run(CREATE_VERSION, { ...kept, ...input }),
      moved: PRICES_MOVE,
      errors: { [UNIQUE_VIOLATION]: (cause) => new DomainError("conflict", "There is a pricing version of that name.", { cause }) },
    };
  });
}

const UNIQUE_VIOLATION = "23505";

/** Makes a version the active one, in one switch that binds the next turn everywhere. 404 when there is none of that name. */
export function activateVersion(db: Database, by: ActingAdmin, version: string): Promise<Answered> {
  return once(db, by, async () => {
    const found = await db.query
      .selectFrom("pricing_versions as v")
      .innerJoin("runtime_settings as s", (join) => join.onTrue())
      .select(["v.version", "v.label", "v.effective_date", "s.revision"])
      .where("v.version", "=", version)
      .executeTakeFirst();
    if (!found) throw new DomainError("not_found", "Pricing version not found.");
    const { revision: ifRevision, ...shown } = found;
    const body: v.InferInput<typeof ActivatedVersion> = { ...shown, is_active: true };
    return { status: 200, body, run: (kept) => db.run(ACTIVATE_VERSION, { ...kept, version, ifRevision }), moved: PRICES_MOVE };
  });
}

/** How a write that reads the prices first meets somebody else's that came between. */
const PRICES_MOVE = {
  tries: 20,
  refusal: () => new DomainError("conflict", "Prices are being changed. Please try again.", { retryAfter: 1 }),
};
