// Prices as an admin sees and changes them. Every change is one statement with its audit row; what was charged before never moves.

import type * as v from "valibot";
import type { ActivatedVersion, PatchedPrice, PricingVersion } from "@pantheon/contract/prices.ts";
import { keyedWrite, writeOnce, type Answered, type RequestKey } from "../audit/once.ts";
import { patchPrice as patchStatement } from "./statements/patch-price.ts";
import { activateVersion as activateStatement, createVersion as createStatement } from "./statements/pricing-version.ts";
import { sqlState } from "../db/unavailable.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { format, type Amount } from "@pantheon/contract/money.ts";
import { readRecentUseIfItCan } from "./recent-use.ts";
import { activeVersion, findVersion, today, versionNotFound, warningsAbout, type Economy } from "./versions.ts";

/** Who writes, by which request, under which key. */
export type ActingAdmin = { readonly admin: string; readonly requestId: string; readonly key: RequestKey | null };

/**
 * Sets one multiplier, and says what an admin should know of it. 404 for an unknown pair; 412 when `ifRevision` is given and the revision
 * has moved on.
 */
export async function patchPrice(
  economy: Economy,
  by: ActingAdmin,
  price: { version: string; alias: string; multiplier: Amount; ifRevision: string | null },
): Promise<Answered> {
  const { db } = economy;
  const multiplier = format(price.multiplier);
  return writeOnce(db, by.admin, by.key, async () => {
    const { admin, requestId, key } = by;
    const version = await findVersion(db, price.version); // its weights never change
    if (version === null) throw priceNotFound();
    const item = { model_alias: price.alias, multiplier, pricing_version: price.version };
    const warnings = warningsAbout(economy, { ...version, prices: [item] }, await readRecentUseIfItCan(db.query));
    const view: v.InferInput<typeof PatchedPrice> = { ...item, warnings };
    const answer = { status: 200, body: JSON.stringify(view) };
    const [row] = await db.run(patchStatement, { ...keyedWrite(key, answer), ...price, admin, requestId, multiplier });
    if (!row?.known) throw priceNotFound();
    if (!row.changed) throw outdated(row.revision);
    return answer;
  });
}

function priceNotFound(): DomainError {
  return new DomainError("not_found", "Model alias not found for pricing version.");
}

function outdated(revision: string): DomainError {
  return new DomainError("precondition_failed", "Prices or settings have changed since that revision.", { members: { revision } });
}

export type NewVersion = {
  readonly version: string;
  readonly label: string;
  readonly effectiveDate: string;
  /** Every alias that can be run; null copies the active version. */
  readonly items: readonly { model_alias: string; multiplier: Amount }[] | null;
};

/** How often a write that reads first is run again because somebody else's came between. */
const TRIES = 20;

/** Makes a version that is not active yet, with the active one's weights. 409 when there is one of that name. */
export async function createVersion(economy: Economy, by: ActingAdmin, asked: NewVersion): Promise<Answered> {
  const { db } = economy;
  return writeOnce(db, by.admin, by.key, async () => {
    const recent = await readRecentUseIfItCan(db.query);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const active = await activeVersion(db);
      const items = (asked.items ?? active.prices).map((item) => ({
        model_alias: item.model_alias,
        multiplier: typeof item.multiplier === "string" ? item.multiplier : format(item.multiplier),
        pricing_version: asked.version,
      }));
      items.sort((a, b) => (a.model_alias < b.model_alias ? -1 : 1));
      const view: v.InferInput<typeof PricingVersion> = {
        version: asked.version,
        label: asked.label,
        effective_date: asked.effectiveDate,
        is_active: false,
        items,
        warnings: warningsAbout(economy, { ...active, prices: items }, recent),
      };
      const answer = { status: 201, body: JSON.stringify(view) };
      const { admin, requestId, key } = by;
      const input = {
        ...keyedWrite(key, answer),
        ...asked,
        admin,
        requestId,
        items: JSON.stringify(items),
        ifRevision: asked.items === null ? active.revision : null,
      };
      const rows = await db.run(createStatement, input).catch((error: unknown) => {
        throw sqlState(error) === UNIQUE_VIOLATION
          ? new DomainError("conflict", "There is a pricing version of that name.", { cause: error })
          : error;
      });
      if (rows.length > 0) return answer;
    }
    throw pricesAreMoving();
  });
}

const UNIQUE_VIOLATION = "23505";

/**
 * Makes a version the active one, in one switch that binds the next turn everywhere. 404 when there is none of that name; 409 while its
 * effective date has not come; 412 when `ifRevision` is given and the revision has moved on.
 */
export async function activateVersion(economy: Economy, by: ActingAdmin, name: string, ifRevision: string | null): Promise<Answered> {
  const { db } = economy;
  return writeOnce(db, by.admin, by.key, async () => {
    const recent = await readRecentUseIfItCan(db.query);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const version = await findVersion(db, name);
      if (version === null) throw versionNotFound();
      const { label, effectiveDate, revision } = version;
      const day = today(economy);
      if (ifRevision !== null && ifRevision !== revision) throw outdated(revision);
      if (effectiveDate > day) throw notEffectiveYet(effectiveDate);
      const view: v.InferInput<typeof ActivatedVersion> = {
        version: name,
        label,
        effective_date: effectiveDate,
        is_active: true,
        warnings: warningsAbout(economy, version, recent),
      };
      const answer = { status: 200, body: JSON.stringify(view) };
      const { admin, requestId, key } = by;
      const input = { ...keyedWrite(key, answer), admin, requestId, version: name, ifRevision: revision, today: day };
      const rows = await db.run(activateStatement, input);
      if (rows.length > 0) return answer;
    }
    throw pricesAreMoving();
  });
}

function notEffectiveYet(date: string): DomainError {
  const detail = `This version takes effect on ${date} (UTC) and cannot be activated before.`;
  return new DomainError("not_effective_yet", detail, { members: { effective_date: date } });
}

function pricesAreMoving(): DomainError {
  return new DomainError("conflict", "Prices are being changed. Please try again.", { retryAfter: 1 });
}
